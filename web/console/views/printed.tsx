/* What is printed: the board, or the case that is shown.  Plain tables, black on white, whose head - time, who printed,
 * seq of the record - stands on every page.  It reads the same rows as the screen, also those of a saved copy. */
import { computed } from "@preact/signals";
import { boardSeq, clockOfCase, row as rowOf, rows } from "../../shared/board";
import type { SavedSheet } from "../../shared/copy";
import { positionText } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import { fullInstant, instant } from "../../shared/time";
import type { AssignmentRow, CaseRow, Id } from "../../shared/types";
import { isAssignmentOpen } from "../../shared/words";
import { classText } from "../actions/lookup";
import { printingSince } from "../printing";
import { shownCopy } from "../saving";
import { sheet, sheetProblem, sheetWhole, timeline } from "../sheet_model";
import { agencyName, callSign, heardAt, link, me, operatorName, shownCase } from "../state";
import { sentence } from "./sheet_timeline";

export const PRINTED_MAX = 2000; /* rows of one list */

const unitsOn = computed(() => {
  const found = new Map<Id, AssignmentRow[]>();
  for (const each of rows("assignment").values()) {
    if (isAssignmentOpen(each.state)) found.set(each.case, [...(found.get(each.case) ?? []), each]);
  }
  return found;
});

const whereOf = (row: CaseRow): string =>
  row.personal?.address ?? (row.lat === null || row.lon === null ? "–" : positionText({ lat: row.lat, lon: row.lon }));

/* Above every page: a table's head is printed again on each. */
function Head({ columns, title, at }: { columns: number; title: string; at: number }) {
  const copy = shownCopy.value;
  const asOf = copy ? copy.board.now_ms : heardAt.value;
  const who = copy ? copy.who : operatorName(me.value?.operator);
  const training = copy ? copy.me.training : me.value?.training;
  return (
    <tr class="print-head">
      <th colSpan={columns}>
        {training && <strong class="print-training">{t("app.training")} </strong>}
        <strong>{title}</strong>{" "}
        {t("print.by", { time: fullInstant(at), who, seq: boardSeq.value, as_of: fullInstant(asOf) })}
        {(copy || link.value === "lost") && <span> {t("print.away", { time: fullInstant(asOf) })}</span>}
      </th>
    </tr>
  );
}

function Left({ n, columns }: { n: number; columns: number }) {
  return n > 0 ? <tr><td colSpan={columns}>{t("print.left", { n })}</td></tr> : null;
}

function CaseLine({ row }: { row: CaseRow }) {
  const units = unitsOn.value.get(row.id) ?? [];
  const due = clockOfCase.value.get(row.id);
  return (
    <tr>
      <th scope="row">{row.id}</th>
      <td>{row.priority}</td>
      <td>{classText(row.class)}</td>
      <td>{whereOf(row)}{row.source === "paper" && ` · ${t("paper.badge", { sheet: row.sheet ?? "" })}`}</td>
      <td>{word("case_state", row.state)}</td>
      <td>{units.map((each) => `${callSign(each.unit)} ${word("assignment_state", each.state)}`).join(", ") || "–"}</td>
      <td>{due ? `${word("clock_kind", due.kind)} ${instant(due.due_at_ms)}` : "–"}</td>
      <td>{instant(row.opened_at_ms)}</td>
    </tr>
  );
}

function CasesPrinted({ at }: { at: number }) {
  const all = [...rows("case").values()].sort((a, b) => a.priority - b.priority || Number(a.id) - Number(b.id));
  return (
    <table data-print="cases">
      <thead>
        <Head columns={8} title={`${t("print.board")} · ${t("print.cases")} ${all.length}`} at={at} />
        <tr>
          {(["no", "priority", "class", "address", "state", "units", "clock"] as const).map((each) => <th key={each} scope="col">{t(`cases.${each}`)}</th>)}
          <th scope="col">{t("sheet.opened")}</th>
        </tr>
      </thead>
      <tbody>
        {all.slice(0, PRINTED_MAX).map((row) => <CaseLine key={row.id} row={row} />)}
        {!all.length && <tr><td colSpan={8}>{t("print.none")}</td></tr>}
        <Left n={all.length - PRINTED_MAX} columns={8} />
      </tbody>
    </table>
  );
}

function ContactsPrinted() {
  const all = [...rows("contact").values()];
  if (!all.length) return null;
  return (
    <table data-print="contacts">
      <thead><tr><th colSpan={5}>{t("print.contacts")} {all.length}</th></tr></thead>
      <tbody>
        {all.slice(0, PRINTED_MAX).map((row) => (
          <tr key={row.id}>
            <th scope="row">{row.id}</th>
            <td>{word("channel", row.channel)}</td>
            <td>{word("contact_state", row.state)}</td>
            <td>{t("print.received")} {instant(row.received_at_ms)}</td>
            <td>{[row.personal?.number, row.personal?.name, row.line].filter(Boolean).join(" · ") || "–"}</td>
          </tr>
        ))}
        <Left n={all.length - PRINTED_MAX} columns={5} />
      </tbody>
    </table>
  );
}

function UnitsPrinted() {
  const all = [...rows("unit").values()].filter((unit) => unit.active && (unit.duty === "on_duty" || unit.assignment))
    .sort((a, b) => a.call_sign.localeCompare(b.call_sign));
  return (
    <table data-print="units">
      <thead><tr><th colSpan={4}>{t("print.units")} {all.length}</th></tr></thead>
      <tbody>
        {all.slice(0, PRINTED_MAX).map((unit) => {
          const on = rowOf("assignment", unit.assignment);
          return (
            <tr key={unit.id}>
              <th scope="row">{unit.call_sign}</th>
              <td>{word("unit_kind", unit.kind)}</td>
              <td>{on ? word("assignment_state", on.state) : word("duty", unit.duty)}</td>
              <td>{unit.case ? t("cases.one", { id: unit.case }) : "–"}</td>
            </tr>
          );
        })}
        <Left n={all.length - PRINTED_MAX} columns={4} />
      </tbody>
    </table>
  );
}

export function BoardPrinted({ at }: { at: number }) {
  return (
    <>
      <CasesPrinted at={at} />
      <ContactsPrinted />
      <UnitsPrinted />
    </>
  );
}

/* --- one case --------------------------------------------------------------------------------- */

const milestones = ["assigned", "acknowledged", "en_route", "on_scene", "transporting", "at_destination", "cleared"] as const;

function Hand({ of }: { of: AssignmentRow }) {
  const times = milestones.filter((each) => of[`${each}_at_ms`] !== null)
    .map((each) => `${word("assignment_state", each)} ${instant(of[`${each}_at_ms`])}`);
  return <tr><th scope="row">{callSign(of.unit)}</th><td>{times.join(" · ") || word("assignment_state", of.state)}</td></tr>;
}

function Line({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <tr><th scope="row">{name}</th><td>{children}</td></tr>;
}

/* A case that is shown and not here yet: paper says so.  The browser's own menu does not wait for anybody. */
function NotHere({ at, id }: { at: number; id: Id }) {
  const row = rowOf("case", id);
  return (
    <table class="print-sheet" data-print="waits" data-print-case={id}>
      <thead><Head columns={2} title={t("sheet.title", { id })} at={at} /></thead>
      <tbody>
        <tr><td colSpan={2}><strong>{t(sheetProblem.value ? "sheet.gone" : "print.not_here", { id })}</strong></td></tr>
        {row && <Line name={t("cases.state")}>{word("case_state", row.state)}</Line>}
        {row && <Line name={t("cases.address")}>{whereOf(row)}</Line>}
      </tbody>
    </table>
  );
}

export function SheetPrinted({ at, of, part = false }: { at: number; of: SavedSheet; part?: boolean }) {
  const { case: row, contacts, assignments } = of.sheet;
  const said = row.personal;
  const quiet = new Set(["clock_started", "clock_stopped", "looked"]);
  const title = `${t("sheet.title", { id: row.id })} · ${classText(row.class)} · ${t("cases.priority")} ${row.priority}`;
  return (
    <table class="print-sheet" data-print="sheet" data-print-case={row.id}>
      <thead><Head columns={2} title={title} at={at} /></thead>
      <tbody>
        {part && <tr><td colSpan={2} data-print-part><strong>{t("print.part", { id: row.id })}</strong></td></tr>}
        <Line name={t("cases.state")}>{word("case_state", row.state)}{row.outcome && ` · ${word("outcome", row.outcome)}`}</Line>
        {row.source === "paper" && <Line name={t("paper.sheet")}>{row.sheet}</Line>}
        <Line name={t("cases.address")}>{whereOf(row)}{!row.address_verified && ` (${t("cases.unverified")})`}</Line>
        {row.lat !== null && row.lon !== null && <Line name={t("open.position")}>{row.lat.toFixed(5)}, {row.lon.toFixed(5)}</Line>}
        {said?.description && <Line name={t("open.description")}><span class="said">{said.description}</span></Line>}
        {(said?.caller_name || said?.caller_number) &&
          <Line name={t("sheet.caller")}>{[said.caller_name, said.caller_number].filter(Boolean).join(" · ")}</Line>}
        <Line name={t("sheet.owner")}>{operatorName(row.owner)} · {agencyName(row.jurisdiction)}</Line>
        <Line name={t("sheet.opened")}>{t("sheet.opened_by", { time: fullInstant(row.opened_at_ms), who: operatorName(row.opened_by) })}</Line>
        {contacts.map((contact) => (
          <Line key={contact.id} name={`${t("sheet.contacts")} ${contact.id}`}>
            {word("channel", contact.channel)} · {fullInstant(contact.received_at_ms)}
            {contact.personal?.number && ` · ${contact.personal.number}`}
            {contact.personal?.text && <span class="said"> · {contact.personal.text}</span>}
          </Line>
        ))}
        {assignments.map((each) => <Hand key={each.id} of={each} />)}
        {of.timeline.filter((event) => !quiet.has(event.kind)).slice(0, PRINTED_MAX).map((event) => (
          <tr key={event.seq}>
            <th scope="row">{fullInstant(event.at_ms)}</th>
            <td>
              {event.actor?.includes("/") ? operatorName(event.actor.split("/").pop()) : t("event.desk")}: {sentence(event, undefined)}
              {Object.values(event.personal ?? {}).filter(Boolean).map((text, i) => <p key={i} class="said">{text}</p>)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Printed() {
  const at = printingSince.value;
  if (at === null) return null;
  const id = shownCase.value;
  const copy = shownCopy.value;
  const live = sheet.value?.case.id === id && sheet.value ? { sheet: sheet.value, timeline: timeline.value } : undefined;
  const of = live ?? copy?.sheets.find((each) => each.sheet.case.id === id);
  const part = !!live && sheetWhole.value !== id; /* its timeline is on the way */
  return (
    <div class="printed" lang={document.documentElement.lang}>
      {of ? <SheetPrinted at={at} of={of} part={part} /> : id && !copy ? <NotHere at={at} id={id} /> : <BoardPrinted at={at} />}
    </div>
  );
}
