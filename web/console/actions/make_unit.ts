import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import type { UnitKind } from "../../shared/words";
import { may } from "../state";
import type { Action } from "./action";

export interface UnitArgs { call_sign: string; kind: UnitKind; jurisdiction: Id; capabilities?: string }

export const makeUnit: Action<void, UnitArgs> = {
  name: "make_unit",
  label: "admin.add_unit",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<Reply<"unit">>({
      path: "/v1/units", body: args, label: t("action.admin", { what: args.call_sign }), ...(key ? { key } : {}),
    }),
};
