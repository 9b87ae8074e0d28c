import { t } from "../../shared/i18n";
import type { Action } from "./action";

/* The case that is shown, else the board; the browser asks where to. */
export const printPage: Action<void> = {
  name: "print",
  label: "print.do",
  predicate: () => true,
  perform() {
    window.print();
    return Promise.resolve();
  },
  keys: { key: "p", text: "print.key", press: () => void printPage.perform() },
  command: {
    verb: "P",
    aliases: ["print"],
    args: [],
    usage: "usage.print",
    async run() {
      await printPage.perform();
      return t("print.do");
    },
  },
};
