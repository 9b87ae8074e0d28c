/* The way of a unit to the shown incident, turn by turn. */
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { span } from "../../shared/time";
import { callSign } from "../state";
import type { Step, Way } from "./features";
import { ways } from "./follow";
import { turnsOf } from "./ways";
import { shownOnMap } from "./windows";

function Turn({ step }: { step: Step }) {
  return (
    <li data-turn={step.manoeuvre}>
      <span>{t(`map.turn_${step.manoeuvre}`, { road: step.name || t("map.cordon_no_name") })}</span>{" "}
      {step.manoeuvre !== "arrive" && (
        <span class="quiet-text">{t("map.turn_far", { m: step.length_m, span: span(step.travel_ms) })}</span>
      )}
    </li>
  );
}

function Turns({ way }: { way: Way }) {
  if (way.straight) return <p class="unverified" data-turns-straight>{t("map.turns_straight")}</p>;
  return <ol data-turns={way.unit}>{way.steps.map((step) => <Turn key={`${step.at} ${step.manoeuvre}`} step={step} />)}</ol>;
}

export function TurnsTool() {
  const shown = shownOnMap.value;
  const found = ways.value.filter((way) => way.to === shown);
  const way = found.find((each) => each.unit === turnsOf.value) ?? found[0];
  useEffect(() => () => { turnsOf.value = null; }, []);
  if (!way) return <p class="hint" data-no-turns>{t(shown ? "map.turns_none" : "map.cordon_no_case")}</p>;
  return (
    <div class="map-turns">
      <label>
        {t("map.turns_of")}{" "}
        <select value={way.unit} onChange={(event) => { turnsOf.value = event.currentTarget.value; }}>
          {found.map((each) => <option key={each.unit} value={each.unit} selected={each === way}>{callSign(each.unit)}</option>)}
        </select>
      </label>
      <p>{way.text}</p>
      <Turns way={way} />
    </div>
  );
}
