import { t } from "../../shared/i18n";
import { fetchSurge, RESERVE_MAX, reserve, surge, surgeProblem } from "../surge_model";
import { go, maySend } from "../state";
import { focusIn } from "../ui/focus";
import { problemText } from "../ui/problem";
import { Wrong, type Action } from "./action";

export async function showSurge(): Promise<void> {
  go("/surge");
  focusIn("#surge-title");
  await fetchSurge();
}

/* "SURGE 1": all that wait and all that are free, arranged together; every agency keeps one unit. */
export const arrange: Action<void> = {
  name: "surge",
  label: "surge.title",
  predicate: () => maySend(),
  perform: showSurge,
  command: {
    verb: "SURGE",
    usage: "usage.surge",
    async run(rest) {
      const keep = rest.trim() || "0";
      if (!/^\d{1,3}$/.test(keep) || Number(keep) > RESERVE_MAX) throw new Wrong(t("command.usage", { usage: t("usage.surge") }));
      if (!maySend()) throw new Wrong(t("command.not_allowed"));
      reserve.value = keep;
      await showSurge();
      const problem = surgeProblem.peek();
      if (problem) throw new Wrong(problemText(problem));
      return t("surge.found", { n: surge.peek()?.waiting ?? 0 });
    },
  },
};
