import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import { heldByOthers, needOperator } from "../shift_model";
import { mayTake, operatorName } from "../state";
import { Wrong, type Action } from "./action";
import { needCase, split } from "./lookup";

export interface TakeArgs { cases?: readonly Id[]; contacts?: readonly Id[] }

/* All that an operator has open, or what is named of it. */
export const takeOver: Action<Id, TakeArgs> = {
  name: "take_over",
  label: "shift.take_title",
  predicate: () => mayTake(),
  perform: (from, args, key) =>
    change<Reply<"case">>({
      path: "/v1/take-over", body: { from, ...args }, label: t("action.take_over", { who: operatorName(from) }), ...(key ? { key } : {}),
    }),
  command: {
    verb: "TAKE",
    aliases: ["接管"],
    args: ["text"],
    usage: "usage.take",
    async run(rest) {
      const [number, named] = split(rest);
      if (!number) throw new Wrong(t("command.usage", { usage: t("usage.take") }));
      if (!mayTake()) throw new Wrong(t("command.not_allowed"));
      const from = needOperator(number).id;
      const cases = named.split(/\s+/).filter(Boolean).map((id) => needCase(id).id);
      const held = heldByOthers.peek().get(from);
      const n = cases.length || (held ? held.cases.length + held.contacts.length : 0);
      await takeOver.perform(from, cases.length ? { cases } : {});
      return t("shift.taken", { who: operatorName(from), n });
    },
  },
};
