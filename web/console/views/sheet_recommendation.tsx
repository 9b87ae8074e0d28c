/* Recommended units: who, how long by road, why, and who was passed over; sent with D. */
import { useSignal } from "@preact/signals";
import { classByCode } from "../../shared/board";
import { lengthText } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import { now, span } from "../../shared/time";
import type { CaseRow, Recommendation, RecommendedUnit } from "../../shared/types";
import { profiles, type Profile } from "../../shared/words";
import { dispatch } from "../actions/dispatch";
import { capability } from "../actions/lookup";
import {
  alarmLevel, askFor, choose, chosenUnits, fetchRecommendation, isChosen, profile, recBusy, recommendation, recProblem,
  recShown, sendChosen, sending, sendProblem,
} from "../recommendation_model";
import { callSign } from "../state";
import { ProblemBox, problemDetail, problemText } from "../ui/problem";
import { Age } from "./clock";

const SPARE_MAX = 2;

const levelsOf = (row: CaseRow): number =>
  Math.max(1, (classByCode.value.get(row.class)?.plan ?? "").split(";").filter((level) => level.trim()).length);

function Controls({ row }: { row: CaseRow }) {
  const levels = Math.max(recommendation.value?.alarms ?? 0, levelsOf(row), alarmLevel.value);
  return (
    <p class="rec-controls">
      <label>
        {t("rec.alarm")}{" "}
        <select
          name="alarm"
          value={alarmLevel.value}
          onChange={(event) => (alarmLevel.value = Number(event.currentTarget.value))}
        >
          {Array.from({ length: levels }, (_, i) => (
            <option key={i} value={i + 1} selected={alarmLevel.value === i + 1}>{i + 1}</option>
          ))}
        </select>
      </label>
      <label>
        {t("rec.profile")}{" "}
        <select
          name="profile"
          value={profile.value}
          onChange={(event) => (profile.value = event.currentTarget.value as Profile)}
        >
          {profiles.map((each) => (
            <option key={each} value={each} selected={profile.value === each}>{word("profile", each)}</option>
          ))}
        </select>
      </label>
    </p>
  );
}

function Basis({ from }: { from: Recommendation }) {
  if (from.basis === "road") return <span class="badge" data-basis="road">{t("basis.road")}</span>;
  return (
    <span class="badge straight" data-basis="straight_line">
      {t("basis.straight_line")}{from.basis_reason && ` · ${word("basis_reason", from.basis_reason)}`}
    </span>
  );
}

function Needs({ from }: { from: Recommendation }) {
  return (
    <ul class="plain needs" aria-label={t("rec.needs")}>
      {from.needs.map((need) => (
        <li key={need.capability} class={need.short > 0 ? "need short" : "need"} data-need={need.capability}>
          {capability(need.capability)} {need.found}/{need.count}
          {!!need.here && <span class="quiet-text"> {t("rec.here", { n: need.here })}</span>}
          {need.short > 0 && <strong> {t("rec.short", { n: need.short })}</strong>}
        </li>
      ))}
    </ul>
  );
}

function PositionAge({ each }: { each: RecommendedUnit }) {
  if (each.position?.at_ms === null || each.position?.at_ms === undefined) {
    return <>{t(each.position?.source === "station" ? "rec.from_station" : "rec.no_position")}</>;
  }
  return <>{t("rec.position_age", { age: span(now.value - each.position.at_ms) })}</>;
}

function Candidate({ each, from }: { each: RecommendedUnit; from: Recommendation }) {
  const ticked = isChosen(each.unit);
  const id = `rec-${each.unit}-${each.capability}`;
  const odd = each.basis !== from.basis;
  /* Told already by the place's source, or by the line being straight. */
  const told = (reason: string): boolean =>
    (reason === "at_station" && each.position?.source === "station") || (reason === "off_road" && odd);
  const reasons = [
    ...(odd ? [t("rec.straight")] : []),
    ...each.reasons.filter((reason) => !told(reason)).map((reason) => word("rec_reason", reason)),
  ];
  return (
    <tr class={ticked ? "chosen" : ""} data-recommended={each.unit} data-chosen={ticked}>
      <td>
        <input
          id={id}
          type="checkbox"
          checked={ticked}
          aria-label={each.call_sign}
          onChange={(event) => choose(each.unit, event.currentTarget.checked)}
        />
      </td>
      <th scope="row">
        <label for={id}>{each.call_sign}</label>
        <span class="kind">{capability(each.capability)}</span>
      </th>
      <td class="number travel">{each.travel_ms === null ? "–" : span(each.travel_ms)}</td>
      <td class="number">
        {each.length_m === null ? "–" : lengthText(each.length_m)}
      </td>
      <td class="why"><PositionAge each={each} />{reasons.map((reason) => t("rec.and") + reason).join("")}</td>
    </tr>
  );
}

function PassedOver({ from }: { from: Recommendation }) {
  if (!from.passed_over.length) return null;
  return (
    <details class="passed">
      <summary>{t("rec.passed_over", { n: from.passed_over.length })}</summary>
      <ul class="plain">
        {from.passed_over.map((each) => (
          <li key={`${each.unit} ${each.capability}`}>
            <strong>{each.call_sign}</strong> {capability(each.capability)}: {word("passed", each.reason)}
            {each.case && ` (${t("cases.one", { id: each.case })})`}
          </li>
        ))}
      </ul>
    </details>
  );
}

/* Of each capability the chosen ones and the next in line; the others when they are asked for. */
function shortList(from: Recommendation): RecommendedUnit[] {
  const spare = new Map<string, number>();
  return from.units.filter((each) => {
    if (each.chosen || isChosen(each.unit)) return true;
    const n = (spare.get(each.capability) ?? 0) + 1;
    spare.set(each.capability, n);
    return n <= SPARE_MAX;
  });
}

function Made({ from, row }: { from: Recommendation; row: CaseRow }) {
  const units = chosenUnits.value;
  const whole = useSignal(false);
  const list = whole.value ? from.units : shortList(from);
  const more = from.units.length - list.length;
  return (
    <>
      <Needs from={from} />
      <div class="rec-send">
        <button
          type="button"
          class="main"
          id="rec-send"
          aria-keyshortcuts="d"
          aria-disabled={sending.value || !units.length}
          onClick={() => void sendChosen(row)}
        >
          {units.length ? t("rec.send_these", { units: units.map(callSign).join(" ") }) : t("rec.send_nobody")} <kbd>D</kbd>
        </button>
      </div>
      {from.units.length === 0 && <p class="empty">{t("rec.nobody")}</p>}
      {from.units.length > 0 && (
        <table class="rec-units">
          <thead>
            <tr>
              <td />
              <th scope="col">{t("units.call_sign")}</th>
              <th scope="col" class="number">{t("rec.travel")}</th>
              <th scope="col" class="number">{t("rec.way")}</th>
              <th scope="col">{t("rec.why")}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((each) => <Candidate key={`${each.unit} ${each.capability}`} each={each} from={from} />)}
          </tbody>
        </table>
      )}
      {(more > 0 || whole.value) && (
        <button type="button" class="quiet" aria-expanded={whole.value} onClick={() => (whole.value = !whole.value)}>
          {whole.value ? t("rec.fewer") : t("rec.further", { n: more })}
        </button>
      )}
      <PassedOver from={from} />
    </>
  );
}

/* Why there is none: a case without a place or a class without a plan is said in words, not as a fault. */
function NotMade() {
  const problem = recProblem.value;
  if (!problem) return <p class="empty">{t("rec.wait")}</p>;
  const detail = problemDetail(problem);
  return (
    <p class="empty" data-rec-none>
      {t("rec.none")} {problemText(problem)}{" "}
      {detail && <span class="problem-detail" lang="en">{detail}</span>}
    </p>
  );
}

export function RecommendationPanel({ row }: { row: CaseRow }) {
  if (!dispatch.predicate(row)) return null;
  if (!recShown.value) {
    return (
      <p class="rec-folded">
        <button type="button" onClick={() => askFor(true)}>{t("rec.more")} <kbd>D</kbd></button>
      </p>
    );
  }
  const from = recommendation.value?.case === row.id ? recommendation.value : null;
  return (
    <section class="rec" aria-labelledby="rec-title" data-rec={from?.recommendation ?? ""} aria-busy={recBusy.value}>
      <div class="section-head">
        <h3 id="rec-title" tabIndex={-1}>{t("rec.title")}</h3>
        {from && <Basis from={from} />}
        {from && <span class="quiet-text"><Age since={from.made_at_ms} /></span>}
        <button type="button" class="quiet" onClick={() => void fetchRecommendation()}>{t("rec.again")}</button>
        <button type="button" class="quiet" onClick={() => askFor(false)}>{t("app.close")}</button>
      </div>
      <Controls row={row} />
      <ProblemBox problem={sendProblem.value} />
      {from ? <Made from={from} row={row} /> : <NotMade />}
    </section>
  );
}
