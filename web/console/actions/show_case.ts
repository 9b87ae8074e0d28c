import { t } from "../../shared/i18n";
import type { Id } from "../../shared/types";
import { go } from "../state";
import { Wrong, type Action } from "./action";

export const showCase: Action<Id> = {
  name: "show_case",
  label: "cases.one",
  predicate: () => true,
  perform(id) {
    go(`/case/${id}`);
    return Promise.resolve();
  },
  command: {
    verb: "G",
    aliases: ["go", "show"],
    args: ["case"],
    usage: "usage.go",
    async run(rest) {
      const id = rest.trim();
      if (!/^\d+$/.test(id)) throw new Wrong(t("command.usage", { usage: t("usage.go") }));
      await showCase.perform(id);
      return t("cases.one", { id });
    },
  },
};
