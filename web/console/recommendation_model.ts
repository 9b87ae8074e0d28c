/* The recommendation for the case on the sheet: fetched when the case waits for units, kept fresh while it is
 * looked at, and sent with one key.  What the dispatcher has ticked or unticked outlives a refresh.
 *
 * Nothing moves under the hand: while a pointer is pressed no fresh list is shown, and a set that has just changed
 * by itself is not sent by a key that was meant for the set before. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { ask, Refusal, type Problem } from "../shared/api";
import { row as rowOf, rows } from "../shared/board";
import { t } from "../shared/i18n";
import { positions } from "../shared/positions";
import { now } from "../shared/time";
import type { CaseRow, Frame, Id, Recommendation } from "../shared/types";
import { isActive, isCaseOpen, type Profile } from "../shared/words";
import { dispatch } from "./actions/dispatch";
import { proposed } from "./map/ways";
import { callSign, expired, link, maySend, onFrame, say, shownCase } from "./state";
import { focusIn } from "./ui/focus";

export const recommendation = signal<Recommendation | null>(null);
export const recProblem = signal<Problem | null>(null); /* none could be made */
export const sendProblem = signal<Problem | null>(null); /* it could not be sent */
export const recBusy = signal(false);
export const sending = signal(false);
export const alarmLevel = signal(1);
export const profile = signal<Profile>("emergency");
/* Whether the dispatcher wants to see it; by default, while nobody is on the way. */
const asked = signal<boolean | null>(null);

const SOON_MS = 400; /* frames come in bunches */
const MOVES_MS = 5000; /* units move all the time */
const OLD_MS = 60_000;
const JUST_MS = 500;

const nobodySent = computed(() => {
  const id = shownCase.value;
  for (const each of rows("assignment").values()) if (each.case === id && isActive(each.state)) return false;
  return true;
});
export const recShown = computed(() => {
  const row = rowOf("case", shownCase.value);
  return !!row && maySend() && isCaseOpen(row.state) && (asked.value ?? nobodySent.value);
});
export function askFor(shown: boolean): void {
  asked.value = shown;
}

/* --- which units are chosen ------------------------------------------------------------------------------ */

const adjusted = signal<ReadonlyMap<Id, boolean>>(new Map());

export const isChosen = (unit: Id): boolean =>
  adjusted.value.get(unit) ?? !!recommendation.value?.units.some((each) => each.unit === unit && each.chosen);

export function choose(unit: Id, chosen: boolean): void {
  adjusted.value = new Map(adjusted.value).set(unit, chosen);
}

export const chosenUnits = computed<Id[]>(() => {
  const all = recommendation.value?.units.map((each) => each.unit) ?? [];
  return [...new Set(all)].filter(isChosen);
});

/* --- fetching ---------------------------------------------------------------------------------------------- */

let turn = 0; /* counts, so that a late answer for an earlier question is dropped */
let fetchedAt = 0;
let changedAt = 0; /* when the chosen set last changed by itself (monotonic) */
let later: ReturnType<typeof setTimeout> | undefined;
let pressed = false;
let released: (() => void)[] = [];

const untilReleased = (): Promise<void> =>
  pressed ? new Promise((resolve) => released.push(resolve)) : Promise.resolve();

function show(fresh: Recommendation): void {
  const before = chosenUnits.peek().join();
  batch(() => {
    recommendation.value = fresh;
    recProblem.value = null;
    const listed = new Set(fresh.units.map((each) => each.unit));
    const kept = [...adjusted.peek()].filter(([unit]) => listed.has(unit));
    if (kept.length !== adjusted.peek().size) adjusted.value = new Map(kept);
  });
  if (before && before !== chosenUnits.peek().join()) changedAt = performance.now();
}

export async function fetchRecommendation(): Promise<void> {
  clearTimeout(later);
  later = undefined;
  const id = shownCase.peek();
  if (!id || !recShown.peek()) return;
  const mine = ++turn;
  recBusy.value = true;
  fetchedAt = performance.now();
  try {
    const level = alarmLevel.peek();
    const fresh = await ask<Recommendation>(
      `/v1/cases/${id}/recommendation?alarm=${level}&profile=${profile.peek()}`);
    await untilReleased();
    if (mine === turn) show(fresh);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (mine !== turn) return;
    batch(() => {
      recProblem.value = error.problem;
      if (error.problem.status !== 0) recommendation.value = null;
    });
  } finally {
    if (mine === turn) recBusy.value = false;
  }
}

function soon(ms: number): void {
  if (later !== undefined || !recShown.peek()) return;
  later = setTimeout(() => void fetchRecommendation(), ms);
}

/* Moves count at most every few seconds. */
function unitsMoved(): void {
  soon(Math.max(SOON_MS, MOVES_MS - (performance.now() - fetchedAt)));
}

function touches(frame: Frame): boolean {
  const up = frame.upsert ?? {}, gone = frame.remove ?? {};
  const id = shownCase.peek();
  return !!(up.unit?.length || up.assignment?.length || up.place?.length || gone.unit?.length || gone.place?.length ||
    up.class?.length || up.case?.some((each) => each.id === id));
}

function reset(): void {
  turn++;
  clearTimeout(later);
  later = undefined;
  batch(() => {
    recommendation.value = null;
    recProblem.value = null;
    sendProblem.value = null;
    recBusy.value = false;
    adjusted.value = new Map();
    alarmLevel.value = 1;
    profile.value = "emergency";
    asked.value = null;
  });
}

/* --- sending ------------------------------------------------------------------------------------------------- */

export async function sendChosen(row: CaseRow): Promise<void> {
  const from = recommendation.peek();
  const units = chosenUnits.peek();
  if (!from || from.case !== row.id || sending.peek()) return;
  if (!units.length) return say(t("rec.nobody"), true);
  sending.value = true;
  sendProblem.value = null;
  try {
    await dispatch.perform(row, { units, recommendation: from.recommendation });
    say(t("rec.sent", { units: units.map(callSign).join(" "), id: row.id }));
    batch(() => { asked.value = null; adjusted.value = new Map(); });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sendProblem.value = error.problem;
    adjusted.value = new Map();
    await fetchRecommendation();
  } finally {
    sending.value = false;
  }
}

/* The key D. */
export async function pressDispatch(): Promise<void> {
  const row = rowOf("case", shownCase.peek());
  if (!row) return say(t("rec.no_case"), true);
  if (!dispatch.predicate(row)) return say(t("command.not_allowed"), true);
  if (!recShown.peek()) {
    asked.value = true;
    focusIn("#rec-title");
    return;
  }
  if (!recommendation.peek()) return say(t(recProblem.peek() ? "rec.none" : "rec.wait"), true);
  if (performance.now() - changedAt < JUST_MS) return say(t("rec.just_changed"), true);
  await sendChosen(row);
}

export function followRecommendation(): void {
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  const up = (): void => {
    /* The click comes after this: it still belongs to the list that was pressed. */
    setTimeout(() => {
      pressed = false;
      for (const wake of released.splice(0)) wake();
    }, 0);
  };
  document.addEventListener("pointerup", up, true);
  document.addEventListener("pointercancel", up, true);
  onFrame((frame) => { if (touches(frame)) soon(SOON_MS); });
  /* From one waiting case to another `recShown` stays true, so the effect below would not run. */
  effect(() => {
    shownCase.value;
    untracked(() => {
      reset();
      if (link.peek() === "live" && !expired.peek()) void fetchRecommendation();
    });
  });
  effect(() => { proposed.value = recShown.value && recommendation.value ? chosenUnits.value : []; });
  effect(() => {
    const live = recShown.value && !expired.value;
    alarmLevel.value;
    profile.value;
    if (live && link.value === "live") untracked(() => void fetchRecommendation());
  });
  effect(() => {
    positions.value;
    untracked(unitsMoved);
  });
  effect(() => {
    const old = now.value - (recommendation.value?.made_at_ms ?? Infinity) > OLD_MS;
    if (old && link.peek() === "live" && !recBusy.peek()) untracked(() => soon(0));
  });
}
