/* The first steps in a demo city, ticked off as the newcomer takes them.  Only where GET /v1/demo answers. */
import { effect, signal } from "@preact/signals";
import { ask, isPassing, Refusal } from "../shared/api";
import { rows } from "../shared/board";
import type { Demo } from "../shared/types";

export const steps = ["claim", "open", "dispatch", "watch", "close"] as const;
export type Step = (typeof steps)[number];

const DONE = "bellman.steps";
const HIDDEN = "bellman.steps.hidden";

function stored(): Set<Step> {
  const text = localStorage.getItem(DONE) ?? "";
  return new Set(steps.filter((step) => text.split(" ").includes(step)));
}

export const demo = signal<Demo | null>(null);
export const done = signal<ReadonlySet<Step>>(stored());
export const hidden = signal(localStorage.getItem(HIDDEN) === "yes");

export function tick(step: Step): void {
  if (done.peek().has(step)) return;
  done.value = new Set(done.peek()).add(step);
  localStorage.setItem(DONE, [...done.value].join(" "));
}

export function hideSteps(yes: boolean): void {
  hidden.value = yes;
  if (yes) localStorage.setItem(HIDDEN, "yes");
  else localStorage.removeItem(HIDDEN);
}

const AGAIN_MS = 2000;

/* A desk is a demo or it is not; one that is still being set up, or cannot be reached, is asked again. */
export async function findDemo(): Promise<void> {
  for (;;) {
    try {
      demo.value = await ask<Demo>("/v1/demo");
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!isPassing(error.problem)) return; /* an ordinary desk answers 404 */
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/* The crew that was sent has moved on: that is what there is to watch. */
export function followSteps(): void {
  effect(() => {
    if (!demo.value || !done.value.has("dispatch") || done.value.has("watch")) return;
    for (const each of rows("assignment").values()) {
      if (each.state === "en_route" || each.state === "on_scene") return tick("watch");
    }
  });
}
