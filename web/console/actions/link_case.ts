import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Id } from "../../shared/types";
import { mayTake } from "../state";
import type { Action } from "./action";

export const linkCase: Action<CaseRow, { other: Id }> = {
  name: "link_case",
  label: "sheet.link",
  predicate: mayTake,
  perform: (row, args) =>
    change({
      path: `/v1/cases/${row.id}/link`,
      body: { other: args.other, kind: "related" },
      label: t("action.link", { id: row.id }),
    }),
};
