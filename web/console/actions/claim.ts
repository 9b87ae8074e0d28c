import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { CaseRow, Reply } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { mayTake, me } from "../state";
import type { Action } from "./action";

export const claim: Action<CaseRow> = {
  name: "claim",
  label: "sheet.claim",
  predicate: (row) => mayTake() && isCaseOpen(row.state) && row.owner !== me.value?.operator,
  perform: (row) =>
    change<Reply<"case">>({
      path: `/v1/cases/${row.id}/events`, body: { event: "claim" }, label: t("action.claim", { id: row.id }),
    }),
};
