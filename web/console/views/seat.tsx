/* In the header: at which position one sits, and the way on and off it; and the duty level that is in force. */
import { useSignal } from "@preact/signals";
import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant } from "../../shared/time";
import { logOff, logOn } from "../actions/seat";
import { levelsInForce, mySeat, positions } from "../shift_model";
import { go, mayTake, operatorName, say } from "../state";
import { ActionButton, sayRefusal } from "../ui/button";

export function Seat() {
  const busy = useSignal(false);
  const mine = mySeat.value;
  if (!mayTake() || positions.value.length === 0) return null;
  if (mine) {
    return (
      <span class="seat" data-seat={mine.code}>
        <span class="seat-code" title={t("seat.since", { time: instant(mine.since_at_ms) })}>
          <span class="long">{t("seat.on", { code: mine.code })}</span><span class="short" aria-hidden="true">{mine.code}</span>
        </span>{" "}
        <ActionButton action={logOff} subject={mine} args={undefined} quiet />
      </span>
    );
  }
  const choose = async (select: HTMLSelectElement): Promise<void> => {
    const seat = row("desk_position", select.value);
    if (!seat || busy.value) return;
    busy.value = true;
    try {
      await logOn.perform(seat);
      say(t("seat.logged_on", { code: seat.code }));
    } catch (error) {
      sayRefusal(error);
    } finally {
      busy.value = false;
      select.value = "";
    }
  };
  return (
    <select class="seat" aria-label={t("seat.choose")} data-seat="" value="" disabled={busy.value} onChange={(event) => void choose(event.currentTarget)}>
      <option value="">{t("seat.none")}</option>
      {positions.value.map((each) => (
        <option key={each.id} value={each.id} disabled={each.operator !== null}>
          {each.operator === null
            ? t("seat.free", { code: each.code, name: each.name })
            : t("seat.taken", { code: each.code, name: each.name, who: operatorName(each.operator) })}
        </option>
      ))}
    </select>
  );
}

/* Nothing while all is as usual: the bar is for what is not. */
export function LevelNow() {
  const level = levelsInForce.value[0];
  if (!level) return null;
  return (
    <button type="button" class="quiet level-now" data-level={level.code} title={`${t("level.in_force", { name: level.name, time: instant(level.until_at_ms) })}: ${level.reason}`} onClick={() => go("/shift")}>
      <span class="long">{t("level.in_force", { name: level.name, time: instant(level.until_at_ms) })}</span>
      <span class="short" aria-hidden="true"><span class="cut">{level.name}</span> – {instant(level.until_at_ms)}</span>
    </button>
  );
}

export function ToShift() {
  if (!mayTake()) return null;
  return <button type="button" class="quiet" data-to-shift onClick={() => go("/shift")}>{t("shift.title")}</button>;
}
