import { t } from "../../shared/i18n";
import { queues } from "../matter_queues";
import { go, mayMatters } from "../state";
import { focusIn } from "../ui/focus";
import { Wrong, type Action } from "./action";
import { findWord } from "./lookup";

export const boards = [...queues, "ratings"] as const;
export type BoardName = (typeof boards)[number];

export const showMatters: Action<void, { board: BoardName }> = {
  name: "show_matters",
  label: "matters.title",
  predicate: mayMatters,
  perform(_, args) {
    go(args.board === "all" ? "/matters" : `/matters?board=${args.board}`);
    focusIn("[data-matter-link], [data-board][aria-pressed='true']");
    return Promise.resolve();
  },
  keys: { key: "v", text: "key.matters", press: () => void showMatters.perform(undefined, { board: "all" }) },
  command: {
    verb: "Q",
    aliases: ["matters"],
    args: ["queue"],
    usage: "usage.matters",
    async run(rest) {
      const given = rest.trim() || "all";
      const board = findWord(boards, given, (each) => t(`queue.${each as BoardName}`)) as BoardName | undefined;
      if (!board) throw new Wrong(t("command.no_status", { text: given, known: boards.join(t("rec.and")) }));
      await showMatters.perform(undefined, { board });
      return t(`queue.${board}`);
    },
  },
};
