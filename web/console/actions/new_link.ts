import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id } from "../../shared/types";
import type { Link } from "../data_file";
import { may } from "../state";
import type { Action } from "./action";

/* A link with which somebody who has no log-in yet chooses a password. */
export const newLink: Action<Id> = {
  name: "new_link",
  label: "data.new_link",
  predicate: () => may("admin"),
  perform: (operator): Promise<{ links: Link[] }> => change({ path: `/v1/operators/${operator}/link`, label: t("data.new_link") }),
};
