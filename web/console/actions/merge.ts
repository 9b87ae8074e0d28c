import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Id, Reply } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { mayTake } from "../state";
import type { Action } from "./action";

export const merge: Action<CaseRow, { into: Id }> = {
  name: "merge",
  label: "sheet.merge_into",
  predicate: (row) => mayTake() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    change<Reply<"case">>({
      path: `/v1/cases/${row.id}/merge`,
      body: { into: args.into },
      ifMatch: row.version,
      label: t("action.merge", { id: row.id }),
      ...(key ? { key } : {}),
    }),
};
