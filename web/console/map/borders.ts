/* Borders of areas on the map: fetched once they are switched on, and again when an area changes. */
import { effect, signal, untracked } from "@preact/signals";
import { ask, Refusal } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Borders, Frame } from "../../shared/types";
import { boardLoads, onFrame, say } from "../state";
import { sayRefusal } from "../ui/button";

const STORED = "bellman.borders";

/* Off until somebody switches them on; remembered in this browser. */
export const bordersOn = signal(localStorage.getItem(STORED) === "on");
export const borders = signal<Borders | null>(null);

export function setBorders(on: boolean): void {
  bordersOn.value = on;
  if (on) localStorage.setItem(STORED, "on");
  else localStorage.removeItem(STORED);
}

let turn = 0; /* an answer to an earlier question is late */

async function fetchBorders(): Promise<void> {
  const mine = ++turn;
  try {
    const answer = await ask<Borders>("/v1/areas/borders");
    if (mine !== turn) return;
    borders.value = answer;
    if (answer.borders.length === 0) say(t("map.borders_none"));
    else if (answer.cut) say(t("map.borders_cut"), true);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sayRefusal(error); /* what was drawn stays; the next board asks again */
  }
}

/* While a map is there. */
export function followBorders(): () => void {
  const changed = (frame: Frame): void => {
    if (bordersOn.peek() && (frame.upsert as Record<string, unknown> | undefined)?.area) void fetchBorders();
  };
  const ends = [
    onFrame(changed),
    effect(() => {
      boardLoads.value;
      if (bordersOn.value) untracked(() => void fetchBorders());
      else borders.value = null;
    }),
  ];
  return () => { for (const end of ends) end(); };
}
