import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { Id, Reply } from "../../shared/types";
import { go, mayTake } from "../state";
import { timeOf, type SheetTime } from "../paper_times";
import { Wrong, type Action } from "./action";
import { needClass, split } from "./lookup";

export type PaperArgs = {
  sheet: string; class: string; written_by?: Id; channel?: string; units?: Id[]; outcome?: string; priority?: number;
  lat?: number; lon?: number; address?: string; description?: string; caller_name?: string; caller_number?: string;
} & { [T in SheetTime as `${T}_at_ms`]?: number };

export const enterPaper: Action<void, PaperArgs> = {
  name: "enter_paper",
  label: "paper.title",
  predicate: mayTake,
  perform: (_, args, key) => change<Reply<"case">>({
    path: "/v1/paper-cases", body: args, label: t("action.paper", { sheet: args.sheet }), ...(key ? { key } : {}),
  }),
  command: {
    verb: "PAPER",
    args: ["text", "class", "text"],
    usage: "usage.paper",
    async run(rest) {
      const [sheet, afterSheet] = split(rest);
      const [code, afterClass] = split(afterSheet);
      const [time, address] = split(afterClass);
      if (!address) throw new Wrong(t("command.usage", { usage: t("usage.paper") }));
      const received_at_ms = timeOf(time, now.peek());
      if (received_at_ms === null) throw new Wrong(t("paper.when"));
      if (!enterPaper.predicate()) throw new Wrong(t("command.not_allowed"));
      const args = { sheet, class: needClass(code).code, received_at_ms, address };
      const reply = (await enterPaper.perform(undefined, args)) as Reply<"case">;
      go(`/case/${reply.case.id}`);
      return t("paper.done", { sheet, id: reply.case.id });
    },
  },
};
