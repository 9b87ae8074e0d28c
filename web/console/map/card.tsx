/* What a click tells: of a unit its state, its case, and how old its position is; of a road closure how it holds, until
 * when, and that it can be lifted. */
import { render } from "preact";
import { row } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { OLD_POSITION_MS, positions } from "../../shared/positions";
import { instant, now, span } from "../../shared/time";
import type { Id } from "../../shared/types";
import { liftClosure } from "../actions/lift_closure";
import { showTurns } from "../actions/show_turns";
import { ActionButton } from "../ui/button";
import { ClosureTerms } from "./closures";
import { isClosure } from "./features";
import { showFromMap } from "./windows";

function UnitCard({ id }: { id: Id }) {
  const unit = row("unit", id), at = positions.value.get(id);
  if (!unit || !at) return <p>{t("map.unit_gone")}</p>;
  const assignment = row("assignment", unit.assignment);
  const age = Math.max(0, now.value - at.received_at_ms);
  const state = unit.duty !== "on_duty"
    ? word("duty", unit.duty)
    : assignment ? word("assignment_state", assignment.state) : t("units.free");
  const caseId = unit.case;
  return (
    <div class="map-card" data-unit-card={id}>
      <p><strong>{unit.call_sign}</strong> <span class="quiet-text">{word("unit_kind", unit.kind)}</span></p>
      <p>{state}</p>
      {caseId && (
        <p>
          <a href={`/case/${caseId}`} onClick={(event) => { event.preventDefault(); showFromMap(caseId); }}>
            {t("cases.one", { id: caseId })}
          </a>
        </p>
      )}
      <p class={age > OLD_POSITION_MS ? "unverified" : "quiet-text"} data-position-age>
        {t("map.position_age", { span: span(age), time: instant(at.received_at_ms) })}
      </p>
      {at.device_at_ms !== undefined && at.device_at_ms !== null && (
        <p class={at.clock_off ? "unverified" : "quiet-text"} data-device-time>
          {t("position.device_time", { time: instant(at.device_at_ms) })}{at.clock_off && ` – ${t("position.clock_off")}`}
        </p>
      )}
      {at.speed_mps !== null && <p class="quiet-text">{t("map.speed", { kmh: Math.round(at.speed_mps * 3.6) })}</p>}
      {showTurns.predicate(unit) && <ActionButton action={showTurns} subject={unit} args={undefined} label={t("map.turns_show")} />}
      {at.off_road && <p class="quiet-text">{t("map.off_road")}</p>}
    </div>
  );
}

function ClosureCard({ id }: { id: Id }) {
  const place = row("place", id);
  if (!place || !isClosure(place)) return <p>{t("map.closure_over")}</p>;
  return (
    <div class="map-card" data-closure-card={id}>
      <p><strong>{place.name}</strong></p>
      <ClosureTerms place={place} />
      <ActionButton action={liftClosure} subject={place} args={undefined} label={t("map.lift_one", { name: place.name })} />
    </div>
  );
}

export function cardOf(kind: "unit" | "closure", id: Id): HTMLElement {
  const holder = document.createElement("div");
  render(kind === "unit" ? <UnitCard id={id} /> : <ClosureCard id={id} />, holder);
  return holder;
}
