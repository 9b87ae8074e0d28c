/* Units: those at work first, with one press per next status (many only have a radio, and the dispatcher reports for
 * them); then the free ones, which can be sent from here to the case on the sheet. */
import { useSignal } from "@preact/signals";
import { row, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { AssignmentRow, UnitRow } from "../../shared/types";
import { duties, nextStates, transports, type AssignmentState, type Duty } from "../../shared/words";
import { assign } from "../actions/assign";
import { duty } from "../actions/duty";
import { status } from "../actions/status";
import { unacknowledged } from "../sound";
import { go, shownCase } from "../state";
import { ActionButton, sayRefusal } from "../ui/button";
import { Age } from "./clock";
import { PositionAge, SafetyTimer } from "./unit_safety";

type Group = "working" | "free" | "away";
const groups: readonly Group[] = ["working", "free", "away"];

const groupOf = (unit: UnitRow): Group =>
  unit.assignment ? "working" : unit.duty === "on_duty" ? "free" : "away";

function UnitState({ unit, assignment }: { unit: UnitRow; assignment: AssignmentRow | undefined }) {
  if (!unit.assignment) {
    if (unit.duty !== "on_duty") return <span class="quiet-text">{word("duty", unit.duty)}</span>;
    return <span class="badge free">{t("units.free")}</span>;
  }
  const to = `/case/${unit.case}`;
  const state = assignment?.state ?? "assigned";
  return (
    <>
      <span class={`badge state-${state}`}>{word("assignment_state", state)}</span>{" "}
      <a
        href={to}
        aria-label={t("units.on_case", { id: unit.case ?? "" })}
        onClick={(event) => { event.preventDefault(); go(to); }}
      >
        {unit.case}
      </a>{" "}
      <Age since={assignment?.[`${state}_at_ms` as "assigned_at_ms"] ?? null} />
    </>
  );
}

function DutySelect({ unit }: { unit: UnitRow }) {
  if (!duty.predicate(unit)) return null;
  return (
    <select
      aria-label={t("units.set_duty", { unit: unit.call_sign })}
      value={unit.duty}
      onChange={(event) => {
        const select = event.currentTarget;
        void duty.perform(unit, { duty: select.value as Duty }).catch((error: unknown) => {
          select.value = unit.duty;
          sayRefusal(error);
        });
      }}
    >
      {duties.map((each) => <option key={each} value={each} selected={each === unit.duty}>{word("duty", each)}</option>)}
    </select>
  );
}

const carrying: ReadonlySet<AssignmentState> = new Set(["transporting", "at_destination"]);

/* One press per status that may come next; the rarer ones are on the sheet. */
function Steps({ unit, assignment }: { unit: UnitRow; assignment: AssignmentRow }) {
  const all = transports(unit.kind, assignment.state);
  const steps = nextStates(assignment.state).filter((to) => all || !carrying.has(to));
  if (!status.predicate(assignment) || !steps.length) return null;
  return (
    <div class="steps-row" role="group" aria-label={t("sheet.status_of", { unit: unit.call_sign })}>
      {steps.map((to) => (
        <ActionButton
          key={to}
          action={status}
          subject={assignment}
          args={{ to }}
          text={word("step", to)}
          label={`${unit.call_sign}: ${word("step", to)}`}
        />
      ))}
    </div>
  );
}

function Unit({ unit }: { unit: UnitRow }) {
  const shown = row("case", shownCase.value);
  const assignment = row("assignment", unit.assignment);
  const free = unit.duty === "on_duty" && !unit.assignment;
  const late = !!assignment && unacknowledged.value.has(assignment.id);
  return (
    <li class={late ? "unit unacknowledged" : "unit"} data-unit={unit.id} data-call-sign={unit.call_sign}>
      <span class="unit-name" title={word("unit_kind", unit.kind)}>{unit.call_sign}</span>
      <span class="unit-state">
        <UnitState unit={unit} assignment={assignment} />
        {late && <strong class="late"> {t("units.unacknowledged")}</strong>}
        {unit.waiting_count > 0 && <span class="quiet-text"> {t("units.waiting", { n: unit.waiting_count })}</span>}
        <PositionAge unit={unit} />
      </span>
      {shown && free && (
        <ActionButton
          action={assign}
          subject={shown}
          args={{ units: [unit.id], mode: "assign" }}
          text={t("units.send")}
          label={t("units.send_to", { unit: unit.call_sign, id: shown.id })}
        />
      )}
      {!assignment && <DutySelect unit={unit} />}
      {assignment && <Steps unit={unit} assignment={assignment} />}
      <SafetyTimer unit={unit} />
    </li>
  );
}

const SHOWN_MAX = 300;

export function Units() {
  const filter = useSignal("");
  const text = filter.value.trim().toLowerCase();
  const all = [...rows("unit").values()].filter((unit) => unit.active);
  const order = (unit: UnitRow): number => groups.indexOf(groupOf(unit));
  const found = all
    .filter((unit) => !text || [unit.call_sign, word("unit_kind", unit.kind), word("duty", unit.duty), unit.capabilities]
      .some((each) => each.toLowerCase().includes(text)))
    .sort((a, b) => order(a) - order(b) || a.call_sign.localeCompare(b.call_sign));
  const shown = found.slice(0, SHOWN_MAX);
  const left = found.length - shown.length;
  const free = all.filter((unit) => groupOf(unit) === "free").length;
  return (
    <section class="panel units" aria-labelledby="units-title">
      <div class="panel-head">
        <h2 id="units-title">
          {t("units.title")} <span class="count">{t("units.free_of", { free, all: all.length })}</span>
        </h2>
        <input
          type="search"
          class="filter-only"
          aria-label={`${t("app.filter")}: ${t("units.title")}`}
          placeholder={t("app.filter")}
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
      </div>
      {all.length === 0 && <p class="empty">{t("units.empty")}</p>}
      {found.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="units-title">
          {groups.map((group) => {
            const here = shown.filter((unit) => groupOf(unit) === group);
            if (!here.length) return null;
            return (
              <section key={group} aria-label={t(`units.${group}`)}>
                <h3 class="group">{t(`units.${group}`)} <span class="count">{here.length}</span></h3>
                <ul class="plain">{here.map((unit) => <Unit key={unit.id} unit={unit} />)}</ul>
              </section>
            );
          })}
        </div>
      )}
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
    </section>
  );
}
