/* What is done to a matter beside its procedure: taking a duplicate apart, going on by the current edition, saying what
 * was found about a bad rating. */
import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { Id, MatterSheet, Reply } from "../../shared/types";
import { changeOwn } from "../own_changes";
import { may, mayAct } from "../state";
import type { Action } from "./action";

export const separate: Action<MatterSheet> = {
  name: "separate",
  label: "matter.separate",
  predicate: (sheet) => mayAct() && sheet.case.merged_into !== null,
  perform: (sheet) =>
    changeOwn(sheet.case.id, {
      path: `/v1/matters/${sheet.case.id}/separate`, ifMatch: sheet.case.version, label: t("action.act", { id: sheet.case.id }),
    }),
};

export const migrate: Action<MatterSheet> = {
  name: "migrate",
  label: "matter.migrate",
  predicate: ({ matter }) => may("supervisor", "admin") && matter.category !== "final" &&
    [...rows("edition").values()].some((each) =>
      each.kind === "procedure" && each.current && each.name === matter.procedure && each.id !== matter.edition),
  perform: (sheet) =>
    changeOwn(sheet.case.id, {
      path: `/v1/matters/${sheet.case.id}/migrate`, ifMatch: sheet.case.version, label: t("action.act", { id: sheet.case.id }),
    }),
};

export const ratingCheck: Action<Id, { text: string }> = {
  name: "rating_check",
  label: "matter.check",
  predicate: mayAct,
  perform: (contact, args, key) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact}/rating-check`, body: args, label: t("matter.check"), ...(key ? { key } : {}),
    }),
};
