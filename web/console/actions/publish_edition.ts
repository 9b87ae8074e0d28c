import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { may } from "../state";
import type { Action } from "./action";

/* `jurisdiction`: whose additions to a calendar it is; "": for the whole desk. */
export interface PublishArgs { kind: "procedure" | "calendar"; text: string; jurisdiction: string }

/* A file of a procedure or a calendar, as it is: the desk checks it and says where it is wrong. */
export const publishEdition: Action<void, PublishArgs> = {
  name: "publish_edition",
  label: "admin.publish_edition",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<{ seq: number | null }>({
      path: args.kind === "procedure" ? "/v1/procedures"
        : args.jurisdiction ? `/v1/calendars?jurisdiction=${args.jurisdiction}` : "/v1/calendars",
      body: args.text, type: "application/yaml",
      label: t("admin.publish_edition"), ...(key ? { key } : {}),
    }),
};
