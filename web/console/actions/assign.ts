import { t } from "../../shared/i18n";
import type { CaseRow, Id } from "../../shared/types";
import { isCaseOpen, type AssignMode } from "../../shared/words";
import { changeOwn } from "../own_changes";
import { focusIn } from "../ui/focus";
import { callSign, maySend, shownCase } from "../state";
import type { Action } from "./action";

/* `recommendation`: the one the units were chosen from; the desk keeps it with the dispatch. */
export interface AssignArgs { units: Id[]; mode: AssignMode; recommendation?: Id }

export const assign: Action<CaseRow, AssignArgs> = {
  name: "assign",
  label: "sheet.assign",
  predicate: (row) => maySend() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    changeOwn(row.id, {
      path: `/v1/cases/${row.id}/assignments`,
      body: {
        units: args.units, mode: args.mode,
        ...(args.recommendation ? { recommendation: args.recommendation } : {}),
      },
      ifMatch: row.version,
      label: t("action.assign", { units: args.units.map(callSign).join(" "), id: row.id }),
      ...(key ? { key } : {}),
    }),
  keys: { key: "a", text: "key.assign", press: () => void (shownCase.value && focusIn("#assign-form input")) },
};
