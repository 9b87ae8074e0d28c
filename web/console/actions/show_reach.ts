import { t } from "../../shared/i18n";
import { askReached } from "../map/ground";
import { tool } from "../map/tools";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

/* "I 4,8,12": what all free units reach together; "I 4,8,12 ambulance": those that can do it. */
export const showReach: Action<void> = {
  name: "show_reach",
  label: "map.span",
  predicate: () => maySend(),
  perform: () => askReached("4,8,12", null),
  command: {
    verb: "I",
    usage: "usage.reach",
    async run(rest) {
      const [, numbers = "", able = ""] = /^([\d,，\s]*)(\S*)$/.exec(rest.trim()) ?? [, "x"];
      const minutes = numbers.trim().replace(/[\s，]+/g, ",") || "4,8,12";
      if (!/^\d{1,3}(,\d{1,3}){0,5}$/.test(minutes)) throw new Wrong(t("command.usage", { usage: t("usage.reach") }));
      const answer = await askReached(minutes, null, able);
      tool.value = "reach";
      return answer.reason ? t(`map.span_${answer.reason}`) : t("map.span_drawn", { n: answer.sources.length });
    },
  },
};
