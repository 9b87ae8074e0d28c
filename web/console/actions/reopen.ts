import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Reply } from "../../shared/types";
import { mayTake } from "../state";
import type { Action } from "./action";

export const reopen: Action<CaseRow> = {
  name: "reopen",
  label: "sheet.reopen",
  predicate: (row) => mayTake() && row.state === "closed",
  perform: (row) =>
    change<Reply<"case">>({
      path: `/v1/cases/${row.id}/events`, body: { event: "reopen" }, label: t("action.reopen", { id: row.id }),
    }),
};
