import { t } from "../../shared/i18n";
import type { CaseRow, Id } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { changeOwn } from "../own_changes";
import { mayTake } from "../state";
import type { Action } from "./action";

export const merge: Action<CaseRow, { into: Id }> = {
  name: "merge",
  label: "sheet.merge_into",
  predicate: (row) => mayTake() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    changeOwn(row.id, {
      path: `/v1/cases/${row.id}/merge`,
      body: { into: args.into },
      ifMatch: row.version,
      label: t("action.merge", { id: row.id }),
      ...(key ? { key } : {}),
    }),
};
