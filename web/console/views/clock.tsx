/* A running clock, counted from the server's time; overdue is said in words and in strong colour. */
import { t, word } from "../../shared/i18n";
import { now, span } from "../../shared/time";
import type { ClockRow } from "../../shared/types";

const SOON_MS = 60_000;

/* `short`: in a table, where "+" stands for the word, which screen readers still get. */
export function Clock({ clock, short }: { clock: ClockRow | undefined; short?: boolean }) {
  if (!clock || clock.due_at_ms === null) return <span class="clock">{t("clock.none")}</span>;
  const left = clock.due_at_ms - now.value;
  const over = left < 0;
  const soon = left < Math.min(SOON_MS, (clock.budget_ms ?? 0) / 4);
  return (
    <span class={over ? "clock over" : soon ? "clock soon" : "clock"} data-clock={clock.kind}>
      {t(over && !short ? "clock.over" : "clock.left", {
        kind: word("clock_kind", clock.kind), time: over && short ? `+${span(left)}` : span(left),
      })}
      {over && short && <span class="sr"> {t("clock.overdue")}</span>}
    </span>
  );
}

export function Age({ since }: { since: number | null }) {
  return <span class="age">{since === null ? "–" : span(now.value - since)}</span>;
}
