import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { Id, Reply, StintRow, UnitRow } from "../../shared/types";
import { needOperator, needOperators, stintsOn, warningText } from "../shift_model";
import { callSign, maySend, may, me, operatorName } from "../state";
import { Wrong, type Action } from "./action";
import { needUnit, split } from "./lookup";

export interface CrewArgs { operators: readonly Id[]; shift?: string }

const mayBegin = (): boolean => maySend() || may("unit");

/* What was done, with what the rest rules say of it. */
export function begunText(unit: Id, args: CrewArgs, first: StintRow): string {
  const begun = [...rows("stint").values()].filter((each) => each.unit === unit && args.operators.includes(each.operator));
  const warning = [first, ...begun].map((each) => warningText(each, now.peek())).find(Boolean);
  const values = { unit: callSign(unit), n: args.operators.length };
  return warning ? t("people.begun_warned", { ...values, warning }) : t("people.begun", values);
}

export const crewOn: Action<UnitRow, CrewArgs> = {
  name: "crew",
  label: "people.begin",
  predicate: mayBegin,
  perform: (unit, args, key) =>
    change<Reply<"stint">>({
      path: "/v1/crews", body: { unit: unit.id, ...args }, label: t("action.begin", { unit: unit.call_sign }), ...(key ? { key } : {}),
    }),
  command: {
    verb: "CREW",
    aliases: ["车组", "車組"],
    args: ["text"],
    usage: "usage.crew",
    async run(rest) {
      const [name, numbers] = split(rest);
      if (!name || !numbers) throw new Wrong(t("command.usage", { usage: t("usage.crew") }));
      if (!mayBegin()) throw new Wrong(t("command.not_allowed"));
      if (name.toLowerCase() === "off") {
        for (const each of numbers.split(/\s+/)) {
          const who = needOperator(each).id;
          const stint = stintsOn.peek().find((on) => on.operator === who && on.unit);
          if (!stint) throw new Wrong(t("people.nobody"));
          await crewOff.perform(stint);
        }
        return t("people.ended", { who: numbers });
      }
      const unit = needUnit(name), args = { operators: needOperators(numbers) };
      const { stint } = (await crewOn.perform(unit, args)) as Reply<"stint">;
      return begunText(unit.id, args, stint);
    },
  },
};

export const crewOff: Action<StintRow> = {
  name: "crew_off",
  label: "people.end",
  predicate: (stint) => stint.state === "on" && !!stint.unit && (maySend() || stint.operator === me.value?.operator),
  perform: (stint) =>
    change<Reply<"stint">>({
      path: `/v1/stints/${stint.id}/end`,
      label: t("people.end_of", { who: operatorName(stint.operator), unit: callSign(stint.unit) }),
    }),
};
