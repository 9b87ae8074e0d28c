/* All that wait and all that are free, arranged together.  It stands as it was when it was asked for, so that nothing moves
 * under the hand; lines that the board has overtaken - the unit is taken, the case has somebody or is gone - say so
 * and cannot be sent.  Each line is sent as any dispatch is, and the desk decides again. */
import { batch, computed, signal } from "@preact/signals";
import { ask, Refusal, type Problem } from "../shared/api";
import { row as rowOf, rows } from "../shared/board";
import { t } from "../shared/i18n";
import type { CaseRow, Id, Surge, SurgeCase, SurgeGiven } from "../shared/types";
import { isCaseOpen } from "../shared/words";
import { assign } from "./actions/assign";
import { callSign, say } from "./state";

/* So many have to wait before the board offers to arrange them together. */
export const SURGE_FROM = 3;
export const RESERVE_MAX = 100;

export const surge = signal<Surge | null>(null);
export const surgeProblem = signal<Problem | null>(null); /* it could not be made */
export const surgeBusy = signal(false);
export const reserve = signal("0");
/* By line: the desk's refusal; and what has been sent from this list. */
export const lineProblems = signal<ReadonlyMap<string, Problem>>(new Map());
export const sentLines = signal<ReadonlySet<string>>(new Set());
export const confirming = signal(false);
export const surgeSending = signal(false);

export interface Line { key: string; case: SurgeCase; capability: string; given: SurgeGiven }

export const waitingCases = computed<CaseRow[]>(() => [...rows("case").values()].filter((row) => row.state === "received"));

export const lines = computed<Line[]>(() => (surge.value?.cases ?? []).flatMap((each) =>
  each.needs.flatMap((need) => need.given.map((given) => (
    { key: `${each.case} ${given.unit}`, case: each, capability: need.capability, given })))));

export type Standing = "open" | "sent" | "unit_gone" | "case_gone";

export function standing(line: Line): Standing {
  if (sentLines.value.has(line.key)) return "sent";
  const row = rowOf("case", line.case.case), unit = rowOf("unit", line.given.unit);
  if (!row || !isCaseOpen(row.state) || !assign.predicate(row)) return "case_gone";
  return unit && unit.duty === "on_duty" && !unit.assignment ? "open" : "unit_gone";
}

export const openLines = computed<Line[]>(() => lines.value.filter((line) => standing(line) === "open"));

let turn = 0; /* a late answer for an earlier question is dropped */

export async function fetchSurge(): Promise<void> {
  const mine = ++turn;
  surgeBusy.value = true;
  try {
    const fresh = await ask<Surge>(`/v1/surge?reserve=${encodeURIComponent(reserve.peek())}`);
    if (mine !== turn) return;
    batch(() => {
      surge.value = fresh;
      surgeProblem.value = null;
      lineProblems.value = new Map();
      sentLines.value = new Set();
      confirming.value = false;
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (mine === turn) surgeProblem.value = error.problem;
  } finally {
    if (mine === turn) surgeBusy.value = false;
  }
}

function setProblems(of: readonly Line[], problem: Problem | null): void {
  const all = new Map(lineProblems.peek());
  for (const line of of) {
    if (problem) all.set(line.key, problem);
    else all.delete(line.key);
  }
  lineProblems.value = all;
}

/* Those of one case go together, by one command; a refusal stands at the unit that it names, else at all of them. */
async function sendToCase(these: readonly Line[]): Promise<boolean> {
  const row = rowOf("case", these[0]?.case.case);
  if (!row) return false;
  setProblems(these, null);
  try {
    await assign.perform(row, { units: these.map((line) => line.given.unit), mode: "assign" });
    sentLines.value = new Set([...sentLines.peek(), ...these.map((line) => line.key)]);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { problem } = error;
    const named = these.filter((line) => line.given.unit === problem.unit);
    setProblems(named.length ? named : these, problem);
    return false;
  }
}

export async function sendLine(line: Line): Promise<void> {
  if (surgeSending.peek() || standing(line) !== "open") return;
  surgeSending.value = true;
  try {
    const units = callSign(line.given.unit), id = line.case.case;
    if (await sendToCase([line])) say(t("rec.sent", { units, id }));
    else say(t("surge.refused", { units, id }), true);
  } finally {
    surgeSending.value = false;
  }
}

export async function sendLines(listed: readonly Line[]): Promise<void> {
  if (surgeSending.peek()) return;
  surgeSending.value = true;
  confirming.value = false;
  const byCase = new Map<Id, Line[]>();
  for (const line of listed) byCase.set(line.case.case, [...(byCase.get(line.case.case) ?? []), line]);
  let sent = 0, refused = 0;
  try {
    for (const these of byCase.values()) {
      if (await sendToCase(these)) sent += these.length;
      else refused += these.length;
    }
    say(t(refused ? "surge.some_refused" : "surge.all_sent", { n: sent, refused }), refused > 0);
  } finally {
    surgeSending.value = false;
  }
}
