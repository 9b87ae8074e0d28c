import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Id, Reply } from "../../shared/types";
import { isCaseOpen, type AssignMode } from "../../shared/words";
import { focusIn } from "../ui/focus";
import { callSign, maySend, shownCase } from "../state";
import { Wrong, type Action } from "./action";
import { needCase, needUnit, split } from "./lookup";

export interface AssignArgs { units: Id[]; mode: AssignMode }

export const assign: Action<CaseRow, AssignArgs> = {
  name: "assign",
  label: "sheet.assign",
  predicate: (row) => maySend() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    change<Reply<"case">>({
      path: `/v1/cases/${row.id}/assignments`,
      body: { units: args.units, mode: args.mode },
      ifMatch: row.version,
      label: t("action.assign", { units: args.units.map(callSign).join(" "), id: row.id }),
      ...(key ? { key } : {}),
    }),
  keys: { key: "a", text: "key.assign", press: () => void (shownCase.value && focusIn("#assign-form input")) },
  command: {
    verb: "D",
    usage: "usage.dispatch",
    async run(rest) {
      const [id, names] = split(rest);
      if (!id || !names) throw new Wrong(t("command.usage", { usage: t("usage.dispatch") }));
      const row = needCase(id);
      const units = names.split(/[\s,，]+/).map((name) => needUnit(name).id);
      if (!assign.predicate(row)) throw new Wrong(t("command.not_allowed"));
      await assign.perform(row, { units, mode: "assign" });
      return t("action.assign", { units: units.map(callSign).join(" "), id });
    },
  },
};
