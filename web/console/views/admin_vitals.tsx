/* The desk itself: its pace, its disk, what is held or refused, and what people should do about it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";
import { t } from "../../shared/i18n";
import { instant } from "../../shared/time";
import type { DeskVitals } from "../../shared/types";
import { retryTimer } from "../actions/retry_timer";
import { operatorName } from "../state";
import { timerName } from "../timers";
import { ActionButton } from "../ui/button";

const AGAIN_MS = 3000;
const MEGABYTE = 1 << 20;

function Refused({ rows }: { rows: DeskVitals["quarantine"] }) {
  return (
    <>
      <div class="class-list" tabIndex={0} role="group" aria-label={t("vitals.refused")}>
        <table data-quarantine={rows.length}>
          <thead>
            <tr>
              <th scope="col">{t("vitals.what")}</th>
              <th scope="col">{t("vitals.target")}</th>
              <th scope="col">{t("vitals.who")}</th>
              <th scope="col">{t("vitals.since")}</th>
              <th scope="col" class="number">{t("vitals.times")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.what} ${row.first_at_ms}`}>
                <th scope="row"><code>{row.what}</code></th>
                <td>{row.target ?? "–"}</td>
                <td>{row.actor ? operatorName(row.actor) : t("vitals.nobody")}</td>
                <td>{instant(row.first_at_ms)}</td>
                <td class="number">{row.crashes}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>{t("vitals.refused_do")}</p>
    </>
  );
}

function Timers({ rows, stuck }: { rows: DeskVitals["timers"]; stuck: boolean }) {
  return (
    <>
      {stuck && <p class="problem">{t("vitals.timers_stuck")}</p>}
      <div class="class-list" tabIndex={0} role="group" aria-label={t("vitals.timer")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("vitals.what")}</th>
              <th scope="col">{t("vitals.due")}</th>
              <th scope="col">{t("vitals.since")}</th>
              <th scope="col">{t("vitals.why")}</th>
              <th scope="col"><span class="sr">{t("vitals.retry_timer")}</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.what} ${row.target}`} data-timer={row.what}>
                <th scope="row">{timerName(row)}</th>
                <td>{instant(row.due_at_ms)}</td>
                <td>{instant(row.at_ms)}</td>
                <td>{row.code === "quarantined" ? t("vitals.timer_killed") : <code>{row.code}</code>}</td>
                <td><ActionButton action={retryTimer} subject={row} args={undefined} label={`${t("vitals.retry_timer")}: ${timerName(row)}`} quiet /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>{t("vitals.timer_do")}</p>
    </>
  );
}

function Outbox({ outbox }: { outbox: DeskVitals["outbox"] }) {
  if (outbox.state === "fine") return <>{t("vitals.outbox_fine", { waiting: outbox.waiting, aside: outbox.set_aside })}</>;
  const place = outbox.state === "stopped"
    ? t("vitals.outbox_at", { seq: outbox.at_seq ?? "–", time: instant(outbox.since_ms ?? 0) }) : t("vitals.outbox_not");
  return <span class="problem">{place} <span lang="en">{outbox.why}</span></span>;
}

export function AdminVitals() {
  const found = useSignal<DeskVitals | null>(null);
  useEffect(() => {
    let over = false;
    const look = async (): Promise<void> => {
      const answer = await tryAsk<DeskVitals>("/v1/vitals");
      if (!over && answer) found.value = answer;
    };
    void look();
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => { over = true; clearInterval(timer); };
  }, []);
  const now = found.value;
  if (!now) return <p class="empty">{t("app.loading")}</p>;
  const { ack_p50_ms: p50, ack_p99_ms: p99, ack_count: count, ack_limit_ms: limit } = now;
  return (
    <dl class="details" data-vitals>
      <dt>{t("vitals.pace")}</dt>
      <dd>{p50 === null || p99 === null ? t("vitals.pace_none") : t("vitals.pace_figures", { count, p50, p99, limit })}</dd>
      <dt>{t("vitals.disk")}</dt>
      <dd>{t("vitals.disk_figures", { mb: Math.floor(now.free_bytes / MEGABYTE) })}</dd>
      <dt>{t("vitals.outbox")}</dt>
      <dd data-outbox={now.outbox.state}><Outbox outbox={now.outbox} /></dd>
      <dt>{t("vitals.timer")}</dt>
      <dd data-timers={now.timers.length}>{now.timers.length ? <Timers rows={now.timers} stuck={now.timers_stuck} /> : t("vitals.timer_none")}</dd>
      <dt>{t("vitals.refused")}</dt>
      <dd>{now.quarantine.length ? <Refused rows={now.quarantine} /> : t("vitals.refused_none")}</dd>
    </dl>
  );
}
