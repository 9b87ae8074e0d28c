import { change } from "../../shared/api";
import { row as rowOf } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { AssignmentRow, Reply } from "../../shared/types";
import { isActive, isAssignmentOpen, nextStates, type AssignmentState } from "../../shared/words";
import { callSign, maySend, me } from "../state";
import { Wrong, type Action } from "./action";
import { findWord, needUnit, split } from "./lookup";

export interface StatusArgs { to: AssignmentState; report_code?: string; reason?: string }

const own = (assignment: AssignmentRow): boolean => !!me.value?.unit && assignment.unit === me.value.unit;

/* What this assignment may be moved to now: the next steps, clearing, calling off. */
export function movesOf(assignment: AssignmentRow): AssignmentState[] {
  if (!isAssignmentOpen(assignment.state)) return [];
  const moves = nextStates(assignment.state);
  if (isActive(assignment.state)) moves.push("cleared");
  moves.push("cancelled");
  return moves;
}

/* By its word, its text, its short text or the beginning of one: "scene", "on_scene", "到场". */
function stateNamed(given: string, moves: readonly AssignmentState[]): AssignmentState | undefined {
  const found = findWord(moves, given, (each) => word("assignment_state", each))
    ?? findWord(moves, given, (each) => word("step", each))
    ?? moves.find((each) => each.split("_").includes(given.toLowerCase()));
  return found as AssignmentState | undefined;
}

export const status: Action<AssignmentRow, StatusArgs> = {
  name: "status",
  label: "units.state",
  predicate: (assignment) => (maySend() || own(assignment)) && isAssignmentOpen(assignment.state),
  perform: (assignment, args, key) =>
    change<Reply<"assignment">>({
      path: `/v1/assignments/${assignment.id}/status`,
      body: { from: assignment.state, ...args },
      label: t("action.status", {
        unit: callSign(assignment.unit), state: word("assignment_state", args.to),
      }),
      ...(key ? { key } : {}),
    }),
  command: {
    verb: "S",
    aliases: ["status"],
    args: ["unit", "status", "text"],
    usage: "usage.status",
    async run(rest) {
      const [name, after] = split(rest);
      const [given, code] = split(after);
      if (!name || !given) throw new Wrong(t("command.usage", { usage: t("usage.status") }));
      const unit = needUnit(name);
      const assignment = rowOf("assignment", unit.assignment);
      if (!assignment) throw new Wrong(t("command.not_on_case", { unit: unit.call_sign }));
      const to = stateNamed(given, movesOf(assignment));
      if (!to) {
        const known = movesOf(assignment).map((each) => word("assignment_state", each)).join(t("rec.and"));
        throw new Wrong(t("command.no_status", { text: given, known }));
      }
      if (!status.predicate(assignment)) throw new Wrong(t("command.not_allowed"));
      if (to === "cleared" && !code) throw new Wrong(t("command.usage", { usage: t("usage.status") }));
      await status.perform(assignment, { to, ...(to === "cleared" ? { report_code: code } : {}) });
      return t("action.status", { unit: unit.call_sign, state: word("assignment_state", to) });
    },
  },
};
