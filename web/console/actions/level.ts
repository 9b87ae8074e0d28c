import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { DutyLevelRow, Reply } from "../../shared/types";
import { needLevel, needWhen } from "../shift_model";
import { may } from "../state";
import { Wrong, type Action } from "./action";

export interface RaiseArgs { until_at_ms: number; reason: string }

export const raiseLevel: Action<DutyLevelRow, RaiseArgs> = {
  name: "raise_level",
  label: "level.raise",
  predicate: () => may("supervisor"),
  perform: (level, args, key) =>
    change<Reply<"duty_level">>({
      path: `/v1/duty-levels/${level.id}/raise`, body: args, ifMatch: level.version, label: t("action.level", { name: level.name }),
      ...(key ? { key } : {}),
    }),
  command: {
    verb: "LEVEL",
    aliases: ["等级", "等級"],
    args: ["text"],
    usage: "usage.level",
    async run(rest) {
      const [code, until, ...reason] = rest.split(/\s+/).filter(Boolean);
      if (!code || !until) throw new Wrong(t("command.usage", { usage: t("usage.level") }));
      if (!may("supervisor")) throw new Wrong(t("command.not_allowed"));
      const level = needLevel(code);
      if (until.toLowerCase() === "end") {
        await endLevel.perform(level, { reason: reason.join(" ") });
        return t("level.ended", { name: level.name });
      }
      if (!reason.length) throw new Wrong(t("command.usage", { usage: t("usage.level") }));
      const { duty_level } = (await raiseLevel.perform(level, { until_at_ms: needWhen(until), reason: reason.join(" ") })) as Reply<"duty_level">;
      return t("level.raised", { name: level.name, n: duty_level.called_count });
    },
  },
};

export const endLevel: Action<DutyLevelRow, { reason: string }> = {
  name: "end_level",
  label: "level.end",
  predicate: (level) => level.raised_at_ms !== null && may("supervisor"),
  perform: (level, args) =>
    change<Reply<"duty_level">>({
      path: `/v1/duty-levels/${level.id}/end`, body: args, ifMatch: level.version, label: t("action.level", { name: level.name }),
    }),
};
