import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { askCordon } from "../map/ground";
import { tool } from "../map/tools";
import { shownOnMap } from "../map/windows";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

/* "K 400": a cordon around the shown incident. */
export const planCordon: Action<void> = {
  name: "plan_cordon",
  label: "map.cordon",
  predicate: () => maySend(),
  perform: () => planCordon.command?.run("") ?? Promise.resolve(),
  command: {
    verb: "K",
    usage: "usage.cordon",
    async run(rest) {
      const radius = rest.trim() || "300", shown = shownOnMap.peek(), at = shown ? row("case", shown) : undefined;
      if (!/^\d{1,5}$/.test(radius)) throw new Wrong(t("command.usage", { usage: t("usage.cordon") }));
      if (!at || typeof at.lat !== "number" || typeof at.lon !== "number") throw new Wrong(t("map.cordon_no_case"));
      const answer = await askCordon([at.lat, at.lon], radius);
      tool.value = "cordon";
      return t("map.cordon_found", { n: answer.posts.length });
    },
  },
};
