/* A surge: who goes where when many wait at once, why it is not always the nearest, and a button for each line. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t, word } from "../../shared/i18n";
import { span } from "../../shared/time";
import type { Surge, SurgeCase, SurgeGiven, SurgeNearer, SurgeNeed } from "../../shared/types";
import { capability, classText } from "../actions/lookup";
import {
  confirming, fetchSurge, lineProblems, lines, openLines, RESERVE_MAX, reserve, sendLine, sendLines, standing, surge,
  surgeBusy, surgeProblem, surgeSending, type Line,
} from "../surge_model";
import { go, maySend } from "../state";
import { focusIn } from "../ui/focus";
import { ProblemBox } from "../ui/problem";
import { Age } from "./clock";

function nearerText(each: SurgeNearer): string {
  const who = { unit: each.call_sign, travel: span(each.travel_ms), id: each.to_case ?? "" };
  const where = t(each.to_case ? "surge.nearer_goes" : "surge.nearer_stays", who);
  return where + (each.swap_costs_ms === null ? t("surge.swap_leaves") : t("surge.swap_costs", { more: span(each.swap_costs_ms) }));
}

function Why({ given }: { given: SurgeGiven }) {
  const reasons = given.reasons.map((reason) => word("rec_reason", reason));
  if (given.basis === "straight_line") reasons.unshift(t("rec.straight"));
  return (
    <td class="why">
      {reasons.join(t("rec.and"))}
      {given.nearer.map((each) => <span class="nearer" key={each.unit} data-nearer={each.unit}>{nearerText(each)}</span>)}
    </td>
  );
}

/* The button that was pressed goes when its line is over: the focus then goes to the next one, for those who have keys only. */
async function press(line: Line): Promise<void> {
  await sendLine(line);
  if (standing(line) === "open") return;
  const all = lines.peek();
  const next = all.slice(all.indexOf(line) + 1).find((each) => standing(each) === "open");
  focusIn(next ? `[data-line="${next.key}"] .send button` : "#surge-title");
}

function LineRow({ line }: { line: Line }) {
  const state = standing(line), problem = lineProblems.value.get(line.key) ?? null;
  const id = line.case.case;
  return (
    <>
      <tr data-line={line.key} data-standing={state}>
        <th scope="row">
          {line.given.call_sign}
          <span class="kind">{capability(line.capability)}</span>
        </th>
        <td class="number travel">{span(line.given.travel_ms)}</td>
        <Why given={line.given} />
        <td class="send">
          {state === "open"
            ? (
              <button
                type="button"
                aria-label={t("surge.send_one", { unit: line.given.call_sign, id })}
                aria-disabled={surgeSending.value}
                onClick={() => void press(line)}
              >
                {t("rec.send")}
              </button>
            )
            : <span class="quiet-text">{t(`surge.${state}`)}</span>}
        </td>
      </tr>
      {problem && <tr><td colSpan={4}><ProblemBox problem={problem} /></td></tr>}
    </>
  );
}

function Missing({ need }: { need: SurgeNeed }) {
  return (
    <tr class="missing">
      <th scope="row"><span class="kind">{capability(need.capability)}</span></th>
      <td colSpan={3}>
        <strong>{t("rec.short", { n: need.missing })}</strong> {need.unserved && t(`surge.unserved_${need.unserved}`)}
      </td>
    </tr>
  );
}

function CaseLines({ of }: { of: SurgeCase }) {
  return (
    <tbody data-surge-case={of.case}>
      <tr class="group">
        <th scope="rowgroup" colSpan={4}>
          <a href={`/case/${of.case}`} onClick={(event) => { event.preventDefault(); go(`/case/${of.case}`); }}>
            {t("cases.one", { id: of.case })}
          </a>{" "}
          <span class={`badge priority p${of.priority}`}>{of.priority}</span> {classText(of.class_code)}{" "}
          <span class="quiet-text">{t("surge.waits", { age: span(of.waiting_ms) })}</span>
        </th>
      </tr>
      {lines.value.filter((line) => line.case === of).map((line) => <LineRow key={line.key} line={line} />)}
      {of.needs.filter((need) => need.missing > 0).map((need) => <Missing key={need.capability} need={need} />)}
    </tbody>
  );
}

/* What would be sent, before it is: the list stays as it was read, whatever happens meanwhile. */
function Confirm() {
  const listed = useSignal(openLines.peek()).value;
  useEffect(() => focusIn("#surge-confirm-title"), []);
  const back = (): void => {
    confirming.value = false;
    focusIn("#surge-all");
  };
  return (
    <section
      class="surge-confirm"
      aria-labelledby="surge-confirm-title"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        back();
      }}
    >
      <h3 id="surge-confirm-title" tabIndex={-1}>{t("surge.confirm", { n: listed.length })}</h3>
      <ul class="plain" tabIndex={0} aria-labelledby="surge-confirm-title">
        {listed.map((line) => (
          <li key={line.key}>{t("surge.one", { unit: line.given.call_sign, id: line.case.case, travel: span(line.given.travel_ms) })}</li>
        ))}
      </ul>
      <p class="buttons">
        <button type="button" class="main" id="surge-confirmed" onClick={() => { void sendLines(listed); focusIn("#surge-title"); }}>
          {t("surge.send_all_now", { n: listed.length })}
        </button>
        <button type="button" onClick={back}>{t("surge.not_yet")}</button>
      </p>
    </section>
  );
}

function SendAll() {
  const open = openLines.value.length;
  if (confirming.value) return <Confirm />;
  return (
    <p class="rec-send">
      <button
        type="button"
        class="main"
        id="surge-all"
        aria-disabled={surgeSending.value || open === 0}
        onClick={() => { if (open && !surgeSending.peek()) confirming.value = true; }}
      >
        {t("surge.send_all", { n: open })}
      </button>
    </p>
  );
}

function Sum({ of }: { of: Surge }) {
  const more = of.nearest_first_ms === null ? null : of.nearest_first_ms - of.total_ms;
  return (
    <p class="quiet-text" data-surge-sum>
      {t("surge.total", { total: span(of.total_ms), n: lines.value.length, free: of.units_free })}{" "}
      {more === null ? t("surge.nearest_first_fewer") : more > 0 ? t("surge.nearest_first", { more: span(more) }) : ""}
      {of.shown < of.waiting && ` ${t("surge.not_shown", { n: of.waiting - of.shown })}`}
    </p>
  );
}

function Controls() {
  const again = (event: Event): void => {
    event.preventDefault();
    void fetchSurge();
  };
  return (
    <form class="rec-controls" onSubmit={again}>
      <label>
        {t("surge.reserve")}{" "}
        <input
          type="number"
          name="reserve"
          min={0}
          max={RESERVE_MAX}
          value={reserve.value}
          onInput={(event) => (reserve.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="quiet" aria-disabled={surgeBusy.value}>{t("rec.again")}</button>
    </form>
  );
}

function Arranged({ of }: { of: Surge }) {
  if (of.cases.length === 0) return <p class="empty">{t("surge.nothing")}</p>;
  return (
    <>
      <Sum of={of} />
      <SendAll />
      <table class="rec-units">
        <thead>
          <tr>
            <th scope="col">{t("units.call_sign")}</th>
            <th scope="col" class="number">{t("rec.travel")}</th>
            <th scope="col">{t("rec.why")}</th>
            <th scope="col"><span class="sr">{t("rec.send")}</span></th>
          </tr>
        </thead>
        {of.cases.map((each) => <CaseLines key={each.case} of={each} />)}
      </table>
    </>
  );
}

export function SurgePanel() {
  const of = surge.value;
  /* By its address, or after a reload: nobody has asked yet. */
  useEffect(() => { if (maySend() && !surge.peek() && !surgeBusy.peek()) void fetchSurge(); }, []);
  if (!maySend()) return <section class="panel sheet"><p class="empty">{t("command.not_allowed")}</p></section>;
  return (
    <section class="panel sheet surge" aria-labelledby="surge-title" aria-busy={surgeBusy.value}>
      <div class="panel-head">
        <h2 id="surge-title" tabIndex={-1}>{t("surge.title")}</h2>
        {of && <span class="quiet-text"><Age since={of.at_ms} /></span>}
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      <Controls />
      <ProblemBox problem={surgeProblem.value} />
      {of ? <Arranged of={of} /> : surgeBusy.value && <p class="empty">{t("surge.wait")}</p>}
    </section>
  );
}
