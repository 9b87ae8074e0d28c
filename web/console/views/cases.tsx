/* Open cases, the most urgent first: overdue before due, then by priority, then by age. */
import { useSignal } from "@preact/signals";
import { clockOfCase, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { CaseRow } from "../../shared/types";
import { classText } from "../actions/lookup";
import { openCase } from "../actions/open_case";
import { boardLoaded, go, shownCase } from "../state";
import { Age, Clock } from "./clock";

const SHOWN_MAX = 300;

function place(row: CaseRow): string {
  if (row.personal?.address) return row.personal.address;
  return row.lat === null || row.lon === null ? "–" : `${row.lat.toFixed(5)}, ${row.lon.toFixed(5)}`;
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
      <td><span class={`badge state-${row.state}`}>{word("case_state", row.state)}</span></td>
      <td class="place">
        {place(row)}
        {!row.address_verified && <span class="unverified"> {t("cases.unverified")}</span>}
      </td>
      <td class="number"><Age since={row.opened_at_ms} /></td>
      <td><Clock clock={clockOfCase.value.get(row.id)} short /></td>
      <td class="number">{row.assignment_count}</td>
    </tr>
  );
}

function urgency(row: CaseRow): number {
  const due = clockOfCase.value.get(row.id)?.due_at_ms;
  return due !== null && due !== undefined && due < now.peek() ? 0 : 1;
}

function matches(row: CaseRow, text: string): boolean {
  const all = [row.id, place(row), classText(row.class), row.class, word("case_state", row.state)];
  return all.some((each) => each.toLowerCase().includes(text));
}

export function Cases() {
  const filter = useSignal("");
  const text = filter.value.trim().toLowerCase();
  const all = [...rows("case").values()];
  const found = (text ? all.filter((row) => matches(row, text)) : all).sort((a, b) =>
    urgency(a) - urgency(b) || a.priority - b.priority || (a.opened_at_ms ?? 0) - (b.opened_at_ms ?? 0));
  const left = found.length - SHOWN_MAX;
  return (
    <section class="panel cases" id="cases" aria-labelledby="cases-title" tabIndex={-1}>
      <div class="panel-head">
        <h2 id="cases-title">{t("cases.title")} <span class="count">{all.length}</span></h2>
        <label class="filter">
          {t("app.filter")}{" "}
          <input type="search" value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)} />
        </label>
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
                <th scope="col">{t("cases.state")}</th>
                <th scope="col">{t("cases.address")}</th>
                <th scope="col">{t("cases.age")}</th>
                <th scope="col">{t("cases.clock")}</th>
                <th scope="col">{t("cases.units")}</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, SHOWN_MAX).map((row) => (
                <Case key={row.id} row={row} shown={row.id === shownCase.value} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
    </section>
  );
}
