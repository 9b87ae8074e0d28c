import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import type { AgencyLevel } from "../../shared/words";
import { may } from "../state";
import type { Action } from "./action";

export interface AgencyArgs { code: string; name: string; level: AgencyLevel; parent?: Id; division?: string }

export const makeAgency: Action<void, AgencyArgs> = {
  name: "make_agency",
  label: "admin.add_agency",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<Reply<"agency">>({
      path: "/v1/agencies", body: args, label: t("action.admin", { what: args.name }), ...(key ? { key } : {}),
    }),
};
