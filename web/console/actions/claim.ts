import { t } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { changeOwn } from "../own_changes";
import { mayTake, me } from "../state";
import type { Action } from "./action";

export const claim: Action<CaseRow> = {
  name: "claim",
  label: "sheet.claim",
  predicate: (row) => mayTake() && isCaseOpen(row.state) && row.owner !== me.value?.operator,
  perform: (row) =>
    changeOwn(row.id, {
      path: `/v1/cases/${row.id}/events`, body: { event: "claim" }, label: t("action.claim", { id: row.id }),
    }, row.version),
};
