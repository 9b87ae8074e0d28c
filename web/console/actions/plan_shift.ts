import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { Id, Reply, StintRow } from "../../shared/types";
import { needOperator, needOperators, needUnitOrSeat, needWhen, stintsPlanned, warningText } from "../shift_model";
import { may, operatorName } from "../state";
import { Wrong, type Action } from "./action";

export interface PlanArgs {
  shift: string; starts_at_ms: number; ends_at_ms: number; unit?: Id; desk_position?: Id; operators: readonly Id[];
}

const mayPlan = (): boolean => may("supervisor", "admin");

export function plannedText(args: PlanArgs, first: StintRow): string {
  const made = [...rows("stint").values()].filter((each) => each.shift === args.shift && each.starts_at_ms === args.starts_at_ms);
  const warning = [first, ...made].map((each) => warningText(each, now.peek())).find(Boolean);
  return warning ? t("people.plan_warned", { n: args.operators.length, warning }) : t("people.plan_done", { n: args.operators.length });
}

export const planShift: Action<void, PlanArgs> = {
  name: "plan_shift",
  label: "people.plan",
  predicate: mayPlan,
  perform: (_, args, key) =>
    change<Reply<"stint">>({ path: "/v1/stints", body: args, label: t("action.plan", { shift: args.shift }), ...(key ? { key } : {}) }),
  command: {
    verb: "PLAN",
    aliases: ["排班"],
    args: ["text"],
    usage: "usage.plan",
    async run(rest) {
      const words = rest.split(/\s+/).filter(Boolean);
      const [shift, from, to, where, ...numbers] = words;
      if (!mayPlan()) throw new Wrong(t("command.not_allowed"));
      if (shift?.toLowerCase() === "off" && from) {
        const who = needOperator(from).id;
        const next = stintsPlanned.peek().find((each) => each.operator === who);
        if (!next) throw new Wrong(t("people.nobody"));
        await cancelStint.perform(next);
        return t("people.cancel_of", { who: operatorName(who), shift: next.shift });
      }
      if (!shift || !from || !to || !where || !numbers.length) throw new Wrong(t("command.usage", { usage: t("usage.plan") }));
      const starts_at_ms = needWhen(from);
      const args = { shift, starts_at_ms, ends_at_ms: needWhen(to, starts_at_ms), ...needUnitOrSeat(where), operators: needOperators(numbers.join(" ")) };
      const { stint } = (await planShift.perform(undefined, args)) as Reply<"stint">;
      return plannedText(args, stint);
    },
  },
};

export const cancelStint: Action<StintRow> = {
  name: "cancel_stint",
  label: "people.cancel",
  predicate: (stint) => stint.state === "planned" && mayPlan(),
  perform: (stint) =>
    change<Reply<"stint">>({
      method: "DELETE", path: `/v1/stints/${stint.id}`,
      label: t("people.cancel_of", { who: operatorName(stint.operator), shift: stint.shift }),
    }),
};
