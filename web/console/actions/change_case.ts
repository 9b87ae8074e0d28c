import { t } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { changeOwn } from "../own_changes";
import { mayTake } from "../state";
import type { Action } from "./action";

export interface ChangeArgs {
  fields: Record<string, string | number | boolean | null>;
  version: number; /* the one that was read when the editing began */
}

export const changeCase: Action<CaseRow, ChangeArgs> = {
  name: "change_case",
  label: "sheet.edit",
  predicate: (row) => mayTake() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    changeOwn(row.id, {
      method: "PATCH",
      path: `/v1/cases/${row.id}`,
      body: args.fields,
      ifMatch: args.version,
      label: t("action.change_case", { id: row.id }),
      ...(key ? { key } : {}),
    }),
};
