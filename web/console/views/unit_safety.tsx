/* In the list of units: how old a position is by when it came, whether its device's clock is wrong, and the safety timer. */
import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { OLD_POSITION_MS, positions } from "../../shared/positions";
import { now, span } from "../../shared/time";
import type { UnitRow } from "../../shared/types";
import { heard, setTimer, stopTimer } from "../actions/safety";
import { ActionButton, sayRefusal } from "../ui/button";

const MINUTES = [5, 10, 15, 20, 30, 60] as const;

export function PositionAge({ unit }: { unit: UnitRow }) {
  const at = positions.value.get(unit.id);
  if (!at) return null;
  const age = Math.max(0, now.value - at.received_at_ms);
  return (
    <>
      {age > OLD_POSITION_MS && <span class="quiet-text" data-position-old> {t("position.age", { span: span(age) })}</span>}
      {at.clock_off && <span class="unverified" data-clock-off> {t("position.clock_off")}</span>}
    </>
  );
}

export function SafetyTimer({ unit }: { unit: UnitRow }) {
  const timer = row("check_in", unit.id);
  if (!timer) {
    if (!setTimer.predicate(unit)) return null;
    return (
      <select
        class="timer-choice"
        aria-label={t("timer.set", { unit: unit.call_sign })}
        title={t("timer.title")}
        value=""
        onChange={(event) => {
          const minutes = Number(event.currentTarget.value);
          event.currentTarget.value = "";
          if (minutes) void setTimer.perform(unit, { minutes }).catch(sayRefusal);
        }}
      >
        <option value="">{t("timer.none")}</option>
        {MINUTES.map((n) => <option key={n} value={n}>{t("timer.minutes", { n })}</option>)}
      </select>
    );
  }
  const rings = timer.rang_at_ms !== null;
  const left = timer.due_at_ms === null ? 0 : timer.due_at_ms - now.value;
  return (
    <span class="timer" data-timer={rings ? "rings" : "runs"}>
      {rings
        ? <strong class="late">{t("timer.rings", { span: span(now.value - (timer.last_at_ms ?? now.value)) })}</strong>
        : <span class="quiet-text">{t("timer.due", { span: span(Math.max(0, left)) })}</span>}{" "}
      <ActionButton action={heard} subject={unit} args={undefined} label={t("timer.heard_of", { unit: unit.call_sign })} main={rings} />{" "}
      <ActionButton action={stopTimer} subject={timer} args={undefined} text="×" label={`${t("timer.stop")}: ${unit.call_sign}`} quiet />
    </span>
  );
}
