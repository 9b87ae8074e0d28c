import { t } from "../../shared/i18n";
import { readyToPrint } from "../printing";
import { shownCopy } from "../saving";
import { sheetProblem, sheetWhole } from "../sheet_model";
import { me, say, shownCase } from "../state";
import type { Action } from "./action";

/* Only where the desk answers a sheet is on its way; a saved copy is here whole. */
const onItsWay = (id: string): boolean => !!me.value && !shownCopy.value && sheetWhole.value !== id && !sheetProblem.value;

/* The case that is shown, else the board; the browser asks where to. */
export const printPage: Action<void> = {
  name: "print",
  label: "print.do",
  predicate: () => true,
  async perform() {
    const id = shownCase.value;
    if (id && onItsWay(id)) {
      say(t("print.waits", { id }));
      if (!(await readyToPrint())) return; /* somebody went on to something else */
    }
    window.print();
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
