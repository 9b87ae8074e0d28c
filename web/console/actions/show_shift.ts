import { t } from "../../shared/i18n";
import { fetchHandover, handoverProblem } from "../shift_model";
import { go, mayTake } from "../state";
import { focusIn } from "../ui/focus";
import { problemText } from "../ui/problem";
import { Wrong, type Action } from "./action";

export async function showShiftPage(): Promise<void> {
  go("/shift");
  focusIn("#shift-title");
  await fetchHandover();
}

export const showShift: Action<void> = {
  name: "shift",
  label: "shift.title",
  predicate: () => mayTake(),
  perform: showShiftPage,
  command: {
    verb: "SHIFT",
    aliases: ["交接班"],
    usage: "usage.shift",
    async run() {
      if (!mayTake()) throw new Wrong(t("command.not_allowed"));
      await showShiftPage();
      const problem = handoverProblem.peek();
      if (problem) throw new Wrong(problemText(problem));
      return t("shift.handover");
    },
  },
};
