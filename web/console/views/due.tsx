/* A due instant, counted down from the server's time.  Overdue is computed and said in words too; a date beyond what
 * the calendar covers is provisional, and marked. */
import { t } from "../../shared/i18n";
import { fullInstant, now, span } from "../../shared/time";

const SOON_MS = 4 * 60 * 60 * 1000;

interface Props { at: number | null; provisional?: boolean; paused?: boolean }

export function Due({ at, provisional, paused }: Props) {
  if (paused) return <span class="due paused" data-due="paused">{t("due.paused")}</span>;
  if (at === null) return <span class="due quiet-text" data-due="none">{t("due.none")}</span>;
  const left = at - now.value;
  const kind = left < 0 ? "over" : left < SOON_MS ? "soon" : "later";
  return (
    <span class={`clock due ${kind}`} data-due={kind} title={fullInstant(at)}>
      {left < 0 ? `+${span(left)}` : span(left)}
      {left < 0 && <span class="sr"> {t("clock.overdue")}</span>}
      {provisional && <span class="provisional" title={t("due.provisional")}> ≈<span class="sr"> {t("due.provisional")}</span></span>}
    </span>
  );
}
