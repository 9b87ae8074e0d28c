/* Timers that the desk has set aside, as people call them: what it is, and of whom. */
import { row } from "../shared/board";
import { t, word } from "../shared/i18n";
import type { AsideTimer } from "../shared/types";

/* "Dispatch, incident 12"; only the number of what this console's board does not show. */
export function timerName(timer: AsideTimer): string {
  const what = timer.clock ? word("clock_kind", timer.clock) : word("timer_what", timer.what);
  const unit = row("unit", timer.unit)?.call_sign;
  const of = [
    timer.case && t("vitals.of_case", { n: timer.case }),
    timer.contact && t("vitals.of_contact", { n: timer.contact }),
    timer.unit && t("vitals.of_unit", { unit: unit ?? timer.unit }),
  ].filter(Boolean);
  return [what, ...(of.length ? of : [` ${timer.target}`])].join(""); /* the words of a language bring their own space */
}

/* Of all that are set aside: those that are of this console's board by name, the others by how many they are. */
export function timerNames(timers: readonly AsideTimer[], count: number): string {
  const ours = timers.filter((timer) => row("case", timer.case) || row("matter", timer.case) || row("contact", timer.contact) || row("unit", timer.unit));
  const names = ours.map(timerName), others = count - ours.length;
  if (others > 0) names.push(t("vitals.timers_elsewhere", { n: others }));
  return names.join(t("rec.and"));
}
