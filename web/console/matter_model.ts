/* The matter on the sheet, and what the boards of matters need beside the rows.  What can be done with a matter only
 * the desk knows, so the sheet is fetched anew when a frame says that something about it changed. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { ask, Refusal, type Problem } from "../shared/api";
import { row, rows } from "../shared/board";
import { holds } from "../shared/procedure";
import type { Frame, Id, MatterRow, MatterSheet, PromiseRow } from "../shared/types";
import { contentOf } from "./editions";
import { fetchTimeline, timeline } from "./sheet_model";
import { boardLoads, expired, me, onFrame, operatorId, shownMatter } from "./state";

export const matterSheet = signal<MatterSheet | null>(null);
export const matterProblem = signal<Problem | null>(null);
/* The event whose form is open, and what the command line had filled in already. */
export const openEvent = signal<{ event: string; values: Record<string, string> } | null>(null);

const LATER_MS = 250;
let fetching = 0; /* counts, so that a late answer of an earlier matter is dropped */
let later: ReturnType<typeof setTimeout> | undefined;

export async function fetchMatter(): Promise<void> {
  const id = shownMatter.peek();
  const turn = ++fetching;
  if (!id) return;
  try {
    const answer = await ask<MatterSheet>(`/v1/matters/${id}`);
    if (turn !== fetching) return;
    batch(() => {
      matterSheet.value = answer;
      matterProblem.value = null;
    });
    await fetchTimeline(id, timeline.peek().at(-1)?.seq ?? 0);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (turn === fetching && error.problem.status !== 401) matterProblem.value = error.problem;
  }
}

function concerns(frame: Frame, id: Id): boolean {
  const up = frame.upsert ?? {};
  const on = (list: readonly { case: Id | null }[] | undefined): boolean => !!list?.some((each) => each.case === id);
  const is = (list: readonly { id: Id }[] | undefined): boolean => !!list?.some((each) => each.id === id);
  return is(up.case) || is(up.matter) || on(up.promise) || on(up.contact) ||
    !!up.link?.some((each) => each.case === id || each.other === id);
}

function follow(frame: Frame): void {
  const id = shownMatter.peek();
  if (!id || !concerns(frame, id)) return;
  clearTimeout(later);
  later = setTimeout(() => void fetchMatter(), LATER_MS);
}

export function followMatter(): void {
  onFrame(follow);
  effect(() => {
    shownMatter.value;
    untracked(() => {
      const keep = matterSheet.peek()?.case.id === shownMatter.peek();
      batch(() => {
        if (!keep) matterSheet.value = null;
        matterProblem.value = null;
        if (!wanted || wanted !== shownMatter.peek()) openEvent.value = null;
        wanted = null;
      });
      if (shownMatter.peek()) {
        timeline.value = [];
        void fetchMatter();
      }
    });
  });
  effect(() => {
    if (boardLoads.value > 1 && !expired.value) untracked(() => void fetchMatter());
  });
}

/* The form of an event of a matter that is about to be shown. */
let wanted: Id | null = null;
export function openEventOf(id: Id, event: string, values: Record<string, string>): void {
  wanted = id;
  openEvent.value = { event, values };
}

/* --- what the boards need --------------------------------------------------------------------------------------- */

export const promisesOf = computed(() => {
  const found = new Map<Id, PromiseRow[]>();
  for (const each of rows("promise").values()) {
    const list = found.get(each.case);
    if (list) list.push(each);
    else found.set(each.case, [each]);
  }
  return found;
});

export const pausedMatters = computed<ReadonlySet<Id>>(() =>
  new Set([...rows("promise").values()].filter((each) => each.paused).map((each) => each.case)));

/* The promise that begins with being put under supervision says until when. */
export function supervisionPromise(matter: MatterRow, promises: readonly PromiseRow[]): PromiseRow | undefined {
  const clocks = contentOf(matter.edition)?.clocks ?? {};
  return promises.find((each) => each.stopped_at_ms === null && clocks[each.clock]?.anchor === `state ${matter.supervision}`);
}

export const supervisedUntil = computed<ReadonlyMap<Id, number>>(() => {
  const found = new Map<Id, number>();
  for (const matter of rows("matter").values()) {
    if (!matter.supervised) continue;
    const due = supervisionPromise(matter, promisesOf.value.get(matter.id) ?? [])?.due_at_ms;
    if (due) found.set(matter.id, due);
  }
  return found;
});

/* Whether `agency` is `above` or below it. */
export function lies(agency: Id | null, above: Id): boolean {
  for (let at = agency, depth = 0; at && at !== "0" && depth < 16; depth++) {
    if (at === above) return true;
    at = row("agency", at)?.parent ?? null;
  }
  return false;
}

export const ourAgency = (agency: Id | null): boolean => !!me.value && lies(agency, me.value.jurisdiction);
export const myPosts = computed(() => row("operator", operatorId.value)?.posts ?? "");
export const mine = (matter: MatterRow): boolean => holds(myPosts.value, matter.procedure, matter.owner_role);
/* Who has it: the agency it was handed to, else the one it came to. */
export const holderOf = (matter: MatterRow): Id => matter.with_agency ?? matter.jurisdiction;
