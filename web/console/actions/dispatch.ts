/* Sending units: the recommended ones with one key, or named ones by the command line. */
import { ask } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Id, Recommendation } from "../../shared/types";
import { tick } from "../first_steps";
import { pressDispatch } from "../recommendation_model";
import { callSign, shownCase } from "../state";
import { Wrong, type Action } from "./action";
import { assign } from "./assign";
import { needCase, needUnit, split } from "./lookup";

export interface DispatchArgs { units: Id[]; recommendation?: Id }

async function recommended(row: CaseRow): Promise<DispatchArgs> {
  const found = await ask<Recommendation>(`/v1/cases/${row.id}/recommendation`);
  const units = [...new Set(found.units.filter((each) => each.chosen).map((each) => each.unit))];
  if (!units.length) throw new Wrong(t("rec.nobody"));
  return { units, recommendation: found.recommendation };
}

export const dispatch: Action<CaseRow, DispatchArgs> = {
  name: "dispatch",
  label: "rec.send",
  predicate: assign.predicate,
  async perform(row, args) {
    const reply = await assign.perform(row, { ...args, mode: "assign" });
    tick("dispatch");
    return reply;
  },
  keys: { key: "d", text: "key.dispatch", press: () => void pressDispatch() },
  command: {
    verb: "D",
    aliases: ["dispatch", "send"],
    args: ["case", "units"],
    usage: "usage.dispatch",
    async run(rest) {
      const [given, names] = split(rest);
      const id = given || shownCase.value;
      if (!id) throw new Wrong(t("command.usage", { usage: t("usage.dispatch") }));
      const row = needCase(id);
      const named = names.split(/[\s,，、]+/).filter(Boolean).map((name) => needUnit(name).id);
      if (!dispatch.predicate(row)) throw new Wrong(t("command.not_allowed"));
      const args = named.length ? { units: named } : await recommended(row);
      await dispatch.perform(row, args);
      return t("action.assign", { units: args.units.map(callSign).join(" "), id });
    },
  },
};
