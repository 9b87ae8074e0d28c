import { change } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import type { Reply, UnitRow } from "../../shared/types";
import { duties, type Duty } from "../../shared/words";
import { me, maySend } from "../state";
import { Wrong, type Action } from "./action";
import { findWord, needUnit, split } from "./lookup";

const shorts: Record<string, Duty> = { on: "on_duty", off: "off_duty", out: "out_of_service" };

export const duty: Action<UnitRow, { duty: Duty }> = {
  name: "duty",
  label: "units.duty",
  predicate: (unit) => maySend() || me.value?.unit === unit.id,
  perform: (unit, args) =>
    change<Reply<"unit">>({
      method: "PATCH",
      path: `/v1/units/${unit.id}`,
      body: { duty: args.duty },
      label: t("action.duty", { unit: unit.call_sign }),
    }),
  command: {
    verb: "U",
    aliases: ["duty"],
    args: ["unit", "duty"],
    usage: "usage.duty",
    async run(rest) {
      const [name, given] = split(rest);
      if (!name || !given) throw new Wrong(t("command.usage", { usage: t("usage.duty") }));
      const unit = needUnit(name);
      const to = shorts[given.toLowerCase()] ?? findWord(duties, given, (each) => word("duty", each));
      if (!to) throw new Wrong(t("command.no_status", { text: given, known: Object.keys(shorts).join(", ") }));
      if (!duty.predicate(unit)) throw new Wrong(t("command.not_allowed"));
      await duty.perform(unit, { duty: to as Duty });
      return `${unit.call_sign}: ${word("duty", to)}`;
    },
  },
};
