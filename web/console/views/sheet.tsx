/* The case sheet: everything about one case, and what can be done with it. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { row as rowOf } from "../../shared/board";
import { positionText } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import { fullInstant, instant } from "../../shared/time";
import type { Sheet as SheetData } from "../../shared/types";
import { changeCase } from "../actions/change_case";
import { claim } from "../actions/claim";
import { closeCase } from "../actions/close_case";
import { classText } from "../actions/lookup";
import { reopen } from "../actions/reopen";
import { fetchSheet, sheet, sheetProblem } from "../sheet_model";
import { agencyName, callSign, go, operatorName, shownCase } from "../state";
import { ActionButton } from "../ui/button";
import { focusIn } from "../ui/focus";
import { ProblemBox } from "../ui/problem";
import { isCaseOpen } from "../../shared/words";
import { Age, Clock } from "./clock";
import { ContactPlace } from "./contact_place";
import { CaseDeliveries } from "./deliveries";
import { Assignments } from "./sheet_assignments";
import { HelpCalls } from "./help_calls";
import { CloseForm } from "./sheet_close";
import { EditForm } from "./sheet_edit";
import { Joining } from "./sheet_joining";
import { Parts } from "./sheet_parts";
import { Timeline } from "./sheet_timeline";

function Entry({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Details({ data }: { data: SheetData }) {
  const row = data.case;
  const said = row.personal;
  const caller = [said?.caller_name, said?.caller_number].filter(Boolean).join(" · ");
  return (
    <dl class="details">
      {row.lat !== null && row.lon !== null && (
        <Entry name={t("open.position")}>{row.lat.toFixed(5)}, {row.lon.toFixed(5)}</Entry>
      )}
      {caller && <Entry name={t("sheet.caller")}>{caller}</Entry>}
      <Entry name={t("sheet.owner")}>
        {operatorName(row.owner)}{" "}
        <ActionButton action={claim} subject={row} args={undefined} quiet />
      </Entry>
      <Entry name={t("sheet.jurisdiction")}>{agencyName(row.jurisdiction)}</Entry>
      <Entry name={t("sheet.opened")}>
        {t("sheet.opened_by", { time: fullInstant(row.opened_at_ms), who: operatorName(row.opened_by) })}
      </Entry>
      {data.contacts.length > 0 && (
        <Entry name={t("sheet.contacts")}>
          <ul class="plain">
            {data.contacts.map((contact) => (
              <li key={contact.id}>
                {contact.id} · {word("channel", contact.channel)} · {word("contact_state", contact.state)}
                {contact.personal?.number && ` · ${contact.personal.number}`}
                {contact.personal?.text && <span class="said"> · {contact.personal.text}</span>}
                {isCaseOpen(row.state) && <ContactPlace contact={contact} />}
              </li>
            ))}
          </ul>
        </Entry>
      )}
      {data.links.length > 0 && (
        <Entry name={t("sheet.links")}>
          {data.links.map((each) => {
            const other = each.case === row.id ? each.other : each.case;
            return (
              <span key={each.id}>
                <a href={`/case/${other}`} onClick={(event) => { event.preventDefault(); go(`/case/${other}`); }}>
                  {t("cases.one", { id: other })}
                </a>{" "}
                ({word("link_kind", each.kind)}){" "}
              </span>
            );
          })}
        </Entry>
      )}
    </dl>
  );
}

/* Where and what: what a dispatcher reads first. */
function Where({ data, editing }: { data: SheetData; editing: Signal<boolean> }) {
  const row = data.case;
  const said = row.personal;
  const at = row.lat !== null && row.lon !== null ? positionText({ lat: row.lat, lon: row.lon }) : "–";
  return (
    <>
      <div class="section-head">
        <p class="sheet-place">
          {said?.address ?? at}{" "}
          {!row.address_verified && <span class="unverified">{t("cases.unverified")}</span>}
        </p>
        <span class="grow" />
        {changeCase.predicate(row) && (
          <button
            type="button"
            class="quiet"
            aria-expanded={editing.value}
            onClick={() => {
              editing.value = !editing.value;
              if (editing.value) focusIn("#edit-form select");
            }}
          >
            {t("sheet.edit")}
          </button>
        )}
      </div>
      {said?.description && !editing.value && <p class="sheet-said" tabIndex={0}>{said.description}</p>}
    </>
  );
}

function Head({ data }: { data: SheetData }) {
  const row = data.case;
  return (
    <div class="panel-head">
      <h2 id="sheet-title" tabIndex={-1}>
        {t("sheet.title", { id: row.id })} · {classText(row.class)}
      </h2>
      <span class={`badge priority p${row.priority}`}>
        <span class="sr">{t("cases.priority")} </span>{row.priority}
      </span>
      <span class={`badge state-${row.state}`} data-sheet-state={row.state}>{word("case_state", row.state)}</span>
      <Age since={row.opened_at_ms} />
      <button type="button" class="quiet" data-to-after onClick={() => go(`/case/${row.id}/after`)}>{t("after.open")}</button>
      <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
    </div>
  );
}

function Ended({ data }: { data: SheetData }) {
  const row = data.case;
  if (row.state === "merged") {
    return <p class="ended">{t("sheet.merged", { id: row.merged_into ?? "" })}</p>;
  }
  if (row.state !== "closed") return null;
  return (
    <p class="ended">
      {t("sheet.closed", { time: instant(row.closed_at_ms), outcome: word("outcome", row.outcome) })}{" "}
      <ActionButton action={reopen} subject={row} args={undefined} />
    </p>
  );
}

export function Sheet() {
  const id = shownCase.value;
  const editing = useSignal(false);
  const data = sheet.value;
  const ready = data?.case.id === id;
  useEffect(() => { editing.value = false; }, [id]);
  useEffect(() => { if (ready) focusIn("#sheet-title"); }, [id, ready]);
  if (!data || !ready) {
    return (
      <section class="panel sheet" aria-busy={!sheetProblem.value}>
        <div class="panel-head">
          <h2>{t("sheet.title", { id: id ?? "" })}</h2>
          <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
        </div>
        {sheetProblem.value ? <p>{t("sheet.gone")}</p> : <p class="empty">{t("app.loading")}</p>}
        <ProblemBox problem={sheetProblem.value} />
        {sheetProblem.value && (
          <button type="button" onClick={() => void fetchSheet()}>{t("save.retry")}</button>
        )}
      </section>
    );
  }
  /* The board's row is as new as the stream; a closed case is no longer on it. */
  const live = rowOf("case", id) ?? data.case;
  const clocks = data.clocks.filter((clock) => clock.stopped_at_ms === null)
    .sort((a, b) => (a.due_at_ms ?? 0) - (b.due_at_ms ?? 0));
  return (
    <section class="panel sheet" aria-labelledby="sheet-title" data-sheet={id}>
      <Head data={data} />
      <Ended data={data} />
      {data.case.erased_at_ms !== null && (
        <p class="ended">{t("sheet.erased", { time: instant(data.case.erased_at_ms) })}</p>
      )}
      {data.case.source === "paper" && <p class="ended" data-paper-sheet>{t("paper.from_sheet", { sheet: data.case.sheet ?? "" })}</p>}
      <Where data={data} editing={editing} />
      {editing.value && (
        <EditForm key={id} row={data.case} onDone={() => { editing.value = false; focusIn("#sheet-title"); }} />
      )}
      {clocks.length > 0 && (
        <ul class="clocks" aria-label={t("sheet.clocks")}>
          {clocks.map((clock) => {
            const unit = data.assignments.find((each) => each.id === clock.assignment)?.unit;
            return <li key={clock.id}>{unit && `${callSign(unit)} `}<Clock clock={clock} /></li>;
          })}
        </ul>
      )}
      <Assignments row={live} assignments={data.assignments} />
      <Parts row={live} />
      <HelpCalls key={`help ${id}`} onCase={data.case.id} />
      <Timeline id={data.case.id} />
      <CaseDeliveries key={`sent ${id}`} id={data.case.id} />
      {closeCase.predicate(live) && <CloseForm key={`close ${id}`} row={live} />}
      <h3>{t("sheet.details")}</h3>
      <Details data={data} />
      {closeCase.predicate(live) && <Joining key={`join ${id}`} row={live} />}
    </section>
  );
}
