/* Open cases: those that wait for units first, then those being worked; in each, overdue before due, then by
 * priority, then by age. */
import { computed, useSignal } from "@preact/signals";
import { clockOfCase, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { AssignmentRow, CaseRow, Id } from "../../shared/types";
import { isAssignmentOpen } from "../../shared/words";
import { classText } from "../actions/lookup";
import { openCase } from "../actions/open_case";
import { arrange } from "../actions/surge";
import { unacknowledged } from "../sound";
import { boardLoaded, callSign, go, shownCase } from "../state";
import { SURGE_FROM, waitingCases } from "../surge_model";
import { Age, Clock } from "./clock";

const SHOWN_MAX = 300;

function place(row: CaseRow): string {
  if (row.personal?.address) return row.personal.address;
  return row.lat === null || row.lon === null ? "–" : `${row.lat.toFixed(5)}, ${row.lon.toFixed(5)}`;
}

const unitsOn = computed(() => {
  const found = new Map<Id, AssignmentRow[]>();
  for (const each of rows("assignment").values()) {
    if (!isAssignmentOpen(each.state)) continue;
    const list = found.get(each.case);
    if (list) list.push(each);
    else found.set(each.case, [each]);
  }
  return found;
});

/* Rows stay low: the first few, those that have not acknowledged before all; the sheet has them all. */
const CHIPS_MAX = 3;

function UnitsOn({ id }: { id: Id }) {
  const isLate = (each: AssignmentRow): number => (unacknowledged.value.has(each.id) ? 0 : 1);
  const list = [...(unitsOn.value.get(id) ?? [])].sort((a, b) => isLate(a) - isLate(b));
  const rest = list.slice(CHIPS_MAX);
  return (
    <>
      {list.slice(0, CHIPS_MAX).map((each) => {
        const late = unacknowledged.value.has(each.id);
        return (
          <span
            key={each.id}
            class={`badge state-${each.state}${late ? " late" : ""}`}
            title={word("assignment_state", each.state)}
          >
            {callSign(each.unit)}<span class="sr"> {word("assignment_state", each.state)}</span>
            {late && <span class="sr"> {t("units.unacknowledged")}</span>}
          </span>
        );
      })}
      {rest.length > 0 && (
        <span class="quiet-text" title={rest.map((each) => callSign(each.unit)).join(" ")}>
          {t("cases.more_units", { n: rest.length })}
        </span>
      )}
    </>
  );
}

function Case({ row, shown }: { row: CaseRow; shown: boolean }) {
  const to = `/case/${row.id}`;
  return (
    <tr
      class={`case case-${row.state} p${row.priority}${shown ? " shown" : ""}`}
      data-case={row.id}
      data-state={row.state}
      onClick={(event) => { if (!(event.target as HTMLElement).closest("a")) go(to); }}
    >
      <th scope="row">
        <a
          href={to}
          data-case-link
          aria-current={shown ? "true" : undefined}
          aria-label={t("cases.one", { id: row.id })}
          onClick={(event) => { event.preventDefault(); go(to); }}
        >
          {row.id}
        </a>
      </th>
      <td><span class={`badge priority p${row.priority}`}>{row.priority}</span></td>
      <td class="class">{classText(row.class)}</td>
      <td class="place">
        {place(row)}
        {!row.address_verified && <span class="unverified"> {t("cases.unverified")}</span>}
        {row.source === "paper" && <span class="quiet-text"> {t("paper.badge", { sheet: row.sheet ?? "" })}</span>}
      </td>
      <td><span class={`badge state-${row.state}`}>{word("case_state", row.state)}</span></td>
      <td class="on-it"><UnitsOn id={row.id} /></td>
      <td><Clock clock={clockOfCase.value.get(row.id)} short /></td>
      <td class="number"><Age since={row.opened_at_ms} /></td>
    </tr>
  );
}

function urgency(row: CaseRow): number {
  const due = clockOfCase.value.get(row.id)?.due_at_ms;
  return due !== null && due !== undefined && due < now.peek() ? 0 : 1;
}

function matches(row: CaseRow, text: string): boolean {
  const units = (unitsOn.value.get(row.id) ?? []).map((each) => callSign(each.unit));
  const all = [row.id, place(row), classText(row.class), row.class, word("case_state", row.state), ...units];
  return all.some((each) => each.toLowerCase().includes(text));
}

const waits = (row: CaseRow): boolean => row.state === "received";

function Group({ name, list }: { name: "waiting" | "active"; list: readonly CaseRow[] }) {
  if (!list.length) return null;
  return (
    <tbody data-group={name}>
      <tr class="group">
        <th scope="rowgroup" colSpan={8}>{t(`cases.${name}`)} <span class="count">{list.length}</span></th>
      </tr>
      {list.map((row) => <Case key={row.id} row={row} shown={row.id === shownCase.value} />)}
    </tbody>
  );
}

export function Cases() {
  const filter = useSignal("");
  const text = filter.value.trim().toLowerCase();
  const all = [...rows("case").values()];
  const found = (text ? all.filter((row) => matches(row, text)) : all).sort((a, b) =>
    Number(waits(b)) - Number(waits(a)) || urgency(a) - urgency(b) || a.priority - b.priority ||
    (a.opened_at_ms ?? 0) - (b.opened_at_ms ?? 0));
  const shown = found.slice(0, SHOWN_MAX);
  const left = found.length - shown.length;
  return (
    <section class="panel cases" id="cases" aria-labelledby="cases-title" tabIndex={-1}>
      <div class="panel-head">
        <h2 id="cases-title">{t("cases.title")} <span class="count">{all.length}</span></h2>
        <input
          type="search"
          class="filter-only"
          aria-label={`${t("app.filter")}: ${t("cases.title")}`}
          placeholder={t("app.filter")}
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        {arrange.predicate() && waitingCases.value.length >= SURGE_FROM && (
          <button type="button" id="surge-open" onClick={() => void arrange.perform()}>
            {t("surge.offer", { n: waitingCases.value.length })}
          </button>
        )}
        {openCase.predicate() && (
          <button type="button" class="quiet" data-enter-paper title={t("paper.title")} onClick={() => go("/paper")}>{t("paper.open")}</button>
        )}
        {openCase.predicate() && (
          <button type="button" class="main" aria-keyshortcuts="o" onClick={() => openCase.keys?.press()}>
            {t("cases.new")}
          </button>
        )}
      </div>
      {boardLoaded.value && found.length === 0 && <p class="empty">{t("cases.empty")}</p>}
      {!boardLoaded.value && <p class="empty">{t("app.loading")}</p>}
      {found.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="cases-title">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("cases.no")}</th>
                <th scope="col">{t("cases.priority")}</th>
                <th scope="col">{t("cases.class")}</th>
                <th scope="col">{t("cases.address")}</th>
                <th scope="col">{t("cases.state")}</th>
                <th scope="col">{t("cases.units")}</th>
                <th scope="col">{t("cases.clock")}</th>
                <th scope="col" class="number">{t("cases.age")}</th>
              </tr>
            </thead>
            <Group name="waiting" list={shown.filter(waits)} />
            <Group name="active" list={shown.filter((row) => !waits(row))} />
          </table>
        </div>
      )}
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
    </section>
  );
}
