import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Datum } from "../../shared/geo";
import type { Id, Reply } from "../../shared/types";
import { tick } from "../first_steps";
import { focusFirst } from "../ui/focus";
import { go, mayTake } from "../state";
import { Wrong, type Action } from "./action";
import { needClass, split } from "./lookup";

export interface OpenArgs {
  class: string; priority?: number; lat?: number; lon?: number; datum?: Datum; address_verified?: boolean; contact?: Id;
  address?: string; description?: string; caller_name?: string; caller_number?: string;
}

export const openCase: Action<void, OpenArgs> = {
  name: "open_case",
  label: "cases.new",
  predicate: mayTake,
  async perform(_, args, key) {
    const reply = await change<Reply<"case">>({
      path: "/v1/cases", body: args, label: t("action.open_case"), ...(key ? { key } : {}),
    });
    tick("open");
    return reply;
  },
  keys: {
    key: "o",
    text: "key.new_case",
    press() {
      go("/open");
      focusFirst("#open-form");
    },
  },
  command: {
    verb: "O",
    aliases: ["open"],
    args: ["class", "text"],
    usage: "usage.open",
    async run(rest) {
      const [code, address] = split(rest);
      if (!code || !address) throw new Wrong(t("command.usage", { usage: t("usage.open") }));
      const found = needClass(code);
      if (!openCase.predicate()) throw new Wrong(t("command.not_allowed"));
      const reply = (await openCase.perform(undefined, { class: found.code, address })) as Reply<"case">;
      go(`/case/${reply.case.id}`);
      return t("open.done", { id: reply.case.id });
    },
  },
};
