/* What there is around shifts, from the board; the hand-over view, from the desk, for it holds what officers wrote. */
import { computed, effect, signal, untracked } from "@preact/signals";
import { ask, Refusal, type Problem } from "../shared/api";
import { row, rows } from "../shared/board";
import { t } from "../shared/i18n";
import { now, span } from "../shared/time";
import type { DeskPositionRow, DutyLevelRow, Frame, Handover, Id, OperatorRow, StintRow, UnitRow } from "../shared/types";
import { isCaseOpen, isContactOpen } from "../shared/words";
import { Wrong } from "./actions/action";
import { boardLoads, me, onFrame, operatorName, say } from "./state";
import { readWhen } from "./when";

/* --- from the board ----------------------------------------------------------------------------------- */

export const positions = computed(() =>
  [...rows("desk_position").values()].filter((each) => each.active).sort((a, b) => a.code.localeCompare(b.code)));
export const mySeat = computed(() => positions.value.find((each) => each.operator === me.value?.operator));
export const levels = computed(() =>
  [...rows("duty_level").values()].filter((each) => each.active).sort((a, b) => a.rank - b.rank));
/* Those in force, the highest first. */
export const levelsInForce = computed(() => levels.value.filter((each) => each.raised_at_ms !== null).reverse());
export const stintsOn = computed(() => [...rows("stint").values()].filter((each) => each.state === "on"));
export const stintsPlanned = computed(() =>
  [...rows("stint").values()].filter((each) => each.state === "planned" && (each.ends_at_ms ?? 0) > now.value)
    .sort((a, b) => (a.starts_at_ms ?? 0) - (b.starts_at_ms ?? 0)));

/* What the rest rules say of a stint: with the figure, and of one that goes on as it is now. */
export function warningText(stint: StintRow, nowMs: number): string {
  const length = stint.since_at_ms === null || stint.state !== "on" ? 0 : nowMs - stint.since_at_ms;
  const long = stint.warned.includes("long_shift") || (stint.longest_ms !== null && length > stint.longest_ms);
  const parts = [];
  if (stint.warned.includes("short_rest"))
    parts.push(t("people.short_rest", { rest: span(stint.rest_ms ?? 0), least: span(stint.least_rest_ms ?? 0) }));
  if (long) parts.push(t("people.long_shift", { longest: span(stint.longest_ms ?? 0) }));
  return parts.join(", ");
}

export interface Held { cases: Id[]; contacts: Id[] }
/* Open cases and contacts by whom they are with, but mine. */
export const heldByOthers = computed(() => {
  const held = new Map<Id, Held>();
  const of = (who: Id): Held => {
    const found = held.get(who) ?? { cases: [], contacts: [] };
    held.set(who, found);
    return found;
  };
  const others = (who: Id | null): who is Id => !!who && who !== "0" && who !== me.value?.operator;
  for (const each of rows("case").values()) if (isCaseOpen(each.state) && others(each.owner)) of(each.owner).cases.push(each.id);
  for (const each of rows("contact").values())
    if (isContactOpen(each.state) && others(each.operator)) of(each.operator).contacts.push(each.id);
  return held;
});

/* --- what is written, looked up ----------------------------------------------------------------------- */

export function needOperator(number: string): OperatorRow {
  const found = [...rows("operator").values()].find((each) => each.active && each.number.toLowerCase() === number.toLowerCase());
  if (!found) throw new Wrong(t("people.no_number", { number }));
  return found;
}
export const needOperators = (text: string): Id[] => text.split(/\s+/).filter(Boolean).map((each) => needOperator(each).id);

export function needSeat(code: string): DeskPositionRow {
  const found = positions.value.find((each) => each.code.toLowerCase() === code.toLowerCase());
  if (!found) throw new Wrong(t("seat.unknown", { code }));
  return found;
}

export function needLevel(code: string): DutyLevelRow {
  const found = levels.value.find((each) => each.code.toLowerCase() === code.toLowerCase());
  if (!found) throw new Wrong(t("level.unknown", { code }));
  return found;
}

export function needUnitOrSeat(text: string): { unit?: Id; desk_position?: Id } {
  const lower = text.toLowerCase();
  const unit = [...rows("unit").values()].find((each: UnitRow) => each.active && each.call_sign.toLowerCase() === lower);
  if (unit) return { unit: unit.id };
  const seat = positions.value.find((each) => each.code.toLowerCase() === lower);
  if (!seat) throw new Wrong(t("people.no_place", { place: text }));
  return { desk_position: seat.id };
}

export function needWhen(text: string, from = now.peek()): number {
  const at = readWhen(text, from, now.peek());
  if (at === null) throw new Wrong(t("people.no_time", { text }));
  return at;
}

/* --- the hand-over view ------------------------------------------------------------------------------- */

export const handover = signal<Handover | null>(null);
export const handoverBusy = signal(false);
export const handoverProblem = signal<Problem | null>(null);

let askedAgain = false; /* something changed while an answer was on its way, which may not know of it */

export async function fetchHandover(): Promise<void> {
  askedAgain = handoverBusy.peek();
  if (askedAgain) return;
  handoverBusy.value = true;
  handoverProblem.value = null;
  try {
    handover.value = await ask<Handover>("/v1/handover");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    handoverProblem.value = error.problem;
  } finally {
    handoverBusy.value = false;
  }
  if (askedAgain) await fetchHandover();
}

/* --- taken over: both are told ------------------------------------------------------------------------ */

const owners = new Map<Id, Id | null>();

function told(frame: Frame): void {
  const mine = me.value?.operator, lost: Id[] = [], got: Id[] = [];
  let by: Id | null = null;
  for (const each of frame.upsert?.case ?? []) {
    const before = owners.get(each.id);
    owners.set(each.id, each.owner);
    if (!mine || before === undefined || before === each.owner || !isCaseOpen(each.state)) continue;
    if (before === mine) lost.push(each.id), (by = each.owner);
    else if (each.owner === mine && each.changed_by !== mine) got.push(each.id);
  }
  const what = (ids: Id[]): string => ids.map((id) => t("shift.case_n", { id })).join(", ");
  if (lost.length) say(t("shift.taken_from_you", { who: operatorName(by), what: what(lost) }), true);
  if (got.length) say(t("shift.given_to_you", { what: what(got) }));
}

export function followShift(): void {
  onFrame(told);
  effect(() => {
    if (boardLoads.value) untracked(() => {
      owners.clear();
      for (const each of rows("case").values()) owners.set(each.id, each.owner);
    });
  });
  effect(() => { if (me.value === null) handover.value = null; });
}

export const placeName = (of: StintRow): string =>
  row("unit", of.unit)?.call_sign ?? (of.desk_position ? t("seat.on", { code: row("desk_position", of.desk_position)?.code ?? "" }) : "–");
