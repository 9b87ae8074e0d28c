import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import type { Role } from "../../shared/words";
import { may } from "../state";
import type { Action } from "./action";

export interface OperatorArgs { number: string; roles: Role[]; jurisdiction: Id; unit?: Id; name?: string; posts?: string }

export const makeOperator: Action<void, OperatorArgs> = {
  name: "make_operator",
  label: "admin.add_operator",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<Reply<"operator">>({
      path: "/v1/operators", body: args, label: t("action.admin", { what: args.number }), ...(key ? { key } : {}),
    }),
};
