/* Units: on duty and free first.  With a case on the sheet, a free one can be sent to it from here. */
import { useSignal } from "@preact/signals";
import { row, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { UnitRow } from "../../shared/types";
import { duties, type Duty } from "../../shared/words";
import { assign } from "../actions/assign";
import { duty } from "../actions/duty";
import { go, shownCase } from "../state";
import { ActionButton, sayRefusal } from "../ui/button";

function rank(unit: UnitRow): number {
  if (unit.duty !== "on_duty") return 2;
  return unit.assignment ? 1 : 0;
}

function UnitState({ unit }: { unit: UnitRow }) {
  const assignment = row("assignment", unit.assignment);
  if (unit.duty !== "on_duty") return <span class="quiet-text">{word("duty", unit.duty)}</span>;
  if (!unit.assignment) return <span class="badge free">{t("units.free")}</span>;
  const to = `/case/${unit.case}`;
  return (
    <>
      <span class={`badge state-${assignment?.state ?? "assigned"}`}>
        {word("assignment_state", assignment?.state ?? "assigned")}
      </span>{" "}
      <a
        href={to}
        aria-label={t("units.on_case", { id: unit.case ?? "" })}
        onClick={(event) => { event.preventDefault(); go(to); }}
      >
        {unit.case}
      </a>
    </>
  );
}

function DutySelect({ unit }: { unit: UnitRow }) {
  if (!duty.predicate(unit)) return <>{word("duty", unit.duty)}</>;
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

function Unit({ unit }: { unit: UnitRow }) {
  const shown = row("case", shownCase.value);
  const free = unit.duty === "on_duty" && !unit.assignment;
  return (
    <tr data-unit={unit.id} data-call-sign={unit.call_sign}>
      <th scope="row">
        {unit.call_sign}
        <span class="kind">{word("unit_kind", unit.kind)}</span>
      </th>
      <td>
        <UnitState unit={unit} />{" "}
        {shown && free && (
          <ActionButton
            action={assign}
            subject={shown}
            args={{ units: [unit.id], mode: "assign" }}
            text={t("units.send")}
            label={t("units.send_to", { unit: unit.call_sign, id: shown.id })}
          />
        )}
        {unit.waiting_count > 0 && <span class="quiet-text"> {t("units.waiting", { n: unit.waiting_count })}</span>}
      </td>
      <td><DutySelect unit={unit} /></td>
    </tr>
  );
}

const SHOWN_MAX = 300;

export function Units() {
  const filter = useSignal("");
  const text = filter.value.trim().toLowerCase();
  const all = [...rows("unit").values()].filter((unit) => unit.active);
  const found = all
    .filter((unit) => !text || [unit.call_sign, word("unit_kind", unit.kind), word("duty", unit.duty), unit.capabilities]
      .some((each) => each.toLowerCase().includes(text)))
    .sort((a, b) => rank(a) - rank(b) || a.call_sign.localeCompare(b.call_sign));
  const left = found.length - SHOWN_MAX;
  return (
    <section class="panel units" aria-labelledby="units-title">
      <div class="panel-head">
        <h2 id="units-title">{t("units.title")} <span class="count">{all.length}</span></h2>
        <label class="filter">
          {t("app.filter")}{" "}
          <input type="search" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
        </label>
      </div>
      {all.length === 0 && <p class="empty">{t("units.empty")}</p>}
      {found.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="units-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("units.call_sign")}</th>
                <th scope="col">{t("units.state")}</th>
                <th scope="col">{t("units.duty")}</th>
              </tr>
            </thead>
            <tbody>{found.slice(0, SHOWN_MAX).map((unit) => <Unit key={unit.id} unit={unit} />)}</tbody>
          </table>
        </div>
      )}
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
    </section>
  );
}
