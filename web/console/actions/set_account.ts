import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id } from "../../shared/types";
import { may } from "../state";
import type { Action } from "./action";

export const setAccount: Action<Id, { login: string; password: string }> = {
  name: "set_account",
  label: "admin.set_account",
  predicate: () => may("admin"),
  perform: (operator, args) =>
    change({ path: `/v1/operators/${operator}/account`, body: args, label: t("action.account") }),
};
