import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { may } from "../state";
import type { Action } from "./action";

/* The list of classes with their plans, as a file has it: {"classes":[...]}.  It replaces the list that is published. */
export const publishClasses: Action<void, { classes: unknown[] }> = {
  name: "publish_classes",
  label: "admin.publish",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<{ seq: number | null }>({
      path: "/v1/classes", body: { classes: args.classes }, label: t("admin.publish"), ...(key ? { key } : {}),
    }),
};
