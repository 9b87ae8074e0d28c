/* The record of a case: everything anyone did, and the notes. */
import { signal, useSignal } from "@preact/signals";
import { row } from "../../shared/board";
import { t, texts, word, type Key } from "../../shared/i18n";
import { instant, span } from "../../shared/time";
import type { AssignmentRow, Id, MatterSheet, Recommendation, TimelineEvent } from "../../shared/types";
import { capability } from "../actions/lookup";
import { note } from "../actions/note";
import { namesOf } from "../editions";
import { matterSentence } from "../matter_words";
import { sheet, timeline } from "../sheet_model";
import { agencyName, callSign, operatorName } from "../state";
import { FormBox, useForm } from "../ui/form";
import { AreaField } from "../ui/fields";

/* Of the page after an incident, which shows a case that may be long closed. */
export const pastAssignments = signal<readonly AssignmentRow[]>([]);

function unitOfAssignment(id: unknown): string {
  const text = String(id);
  const found = pastAssignments.value.find((each) => each.id === text) ?? sheet.value?.assignments.find((each) => each.id === text) ?? row("assignment", text);
  return found ? callSign(found.unit) : `#${text}`;
}

/* The numbers and words of an event's body, as they are read. */
function valuesOf(event: TimelineEvent): Record<string, string> {
  const body = event.body;
  const values: Record<string, string> = { kind: event.kind };
  const list = event.kind.startsWith("case") ? "case_state" : event.kind === "contact_moved" ? "contact_state" : "assignment_state";
  for (const name of ["from", "to", "state", "milestone"]) {
    if (typeof body[name] === "string") values[name] = word(list, body[name]);
  }
  for (const name of ["into", "other", "contact", "sheet", "delivery"]) if (body[name]) values[name] = String(body[name]);
  if (body.unit) values.unit = callSign(String(body.unit));
  else if (body.assignment) values.unit = unitOfAssignment(body.assignment);
  if (event.kind === "clock_started") values.kind = word("clock_kind", String(body.kind));
  if (event.kind === "recommended") {
    const kept = body as unknown as Partial<Recommendation>;
    values.basis = word("basis", kept.basis);
    values.units = (kept.units ?? []).filter((each) => each.chosen)
      .map((each) => `${each.call_sign} ${each.travel_ms === null ? "" : span(each.travel_ms)}`.trim()).join(", ") || "–";
  }
  const due = body.due_at_ms ?? body.was_due_at_ms;
  if (typeof due === "number") values.due = instant(due);
  return values;
}

export function sentence(event: TimelineEvent, matter: MatterSheet | undefined): string {
  const ofMatter = matter && matterSentence(event, namesOf(matter.matter.edition), timeline.value, matter);
  if (ofMatter) return ofMatter;
  if (event.kind === "case_led")
    return event.body.agency ? t("event.case_led", { agency: agencyName(String(event.body.agency)) }) : t("event.case_led_back");
  if (event.kind === "case_taken_over" || event.kind === "contact_taken_over") {
    const { from, to, contact } = event.body as Record<string, string>;
    return t(`event.${event.kind}`, { from: operatorName(from), to: operatorName(to), contact: contact ?? "" });
  }
  if (event.kind === "timer_retried") return t("event.timer_retried", { what: word("timer_what", String(event.body.what)) });
  const kept = event.kind === "entry_added" && event.body.kind === "status_kept";
  const key = kept ? "event.entry_kept" : `event.${event.kind}`;
  return t(key in texts.en ? (key as Key) : "event.other", valuesOf(event));
}

/* All that was recommended at that moment, as the record keeps it. */
export function Kept({ content }: { content: Recommendation }) {
  if (!content.units) return null;
  return (
    <details class="kept">
      <summary>{t("rec.title")}</summary>
      <ul class="plain">
        {content.needs.map((need) => (
          <li key={need.capability}>
            {capability(need.capability)} {need.found}/{need.count}{need.short > 0 && ` · ${t("rec.short", { n: need.short })}`}
          </li>
        ))}
        {content.units.map((each) => (
          <li key={`${each.unit} ${each.capability}`}>
            {each.chosen ? "☑" : "☐"} {each.call_sign} · {capability(each.capability)}
            {each.travel_ms !== null && ` · ${span(each.travel_ms)}`}
            {each.reasons.map((reason) => t("rec.and") + word("rec_reason", reason)).join("")}
          </li>
        ))}
        {content.passed_over.map((each) => (
          <li key={`${each.unit} ${each.capability} passed`} class="quiet-text">
            {each.call_sign} · {capability(each.capability)}: {word("passed", each.reason)}
          </li>
        ))}
      </ul>
    </details>
  );
}

/* Of a matter's fields each says which it is. */
function saidIn(event: TimelineEvent, matter: MatterSheet | undefined): string[] {
  const names = matter && namesOf(matter.matter.edition);
  const said = Object.entries(event.personal ?? {}).filter(([name, text]) => text && name !== "offer_hash");
  return said.map(([name, text]) => (names && event.kind === "fields_set" ? `${names.field(name)}: ${text}` : text));
}

function Event({ event, matter }: { event: TimelineEvent; matter: MatterSheet | undefined }) {
  const said = saidIn(event, matter);
  const desk = !event.actor || event.actor === "0" || event.actor === "desk";
  const actor = event.actor?.split("/").pop() ?? "";
  return (
    <li class={`event event-${event.kind}`} data-seq={event.seq}>
      <time dateTime={new Date(event.at_ms).toISOString()}>{instant(event.at_ms)}</time>
      <span class="quiet-text">{desk ? t("event.desk") : operatorName(actor)}</span>
      <span>{sentence(event, matter)}</span>
      {event.kind === "recommended" && <Kept content={event.body as unknown as Recommendation} />}
      {said.map((text, i) => <p key={i} class="said">{text}</p>)}
    </li>
  );
}

/* The hash of an offer comes with every acknowledgement: nobody filled it in. */
const saysNothing = (event: TimelineEvent): boolean => event.kind === "fields_set" && event.body.names === "offer_hash";

function NoteForm({ id }: { id: Id }) {
  const form = useForm(`case/${id}/note`, { text: "" });
  const submit = (): void => {
    const text = form.values.value.text?.trim() ?? "";
    if (!text) form.wrong.value = { text: t("code.missing-field") };
    else void form.submit((key) => note.perform(id, { text }, key));
  };
  return (
    <FormBox form={form} id="note-form" label={t("sheet.note")} submit={t("sheet.add_note")} onSubmit={submit}>
      <AreaField name="text" label={t("sheet.note")} rows={2} />
    </FormBox>
  );
}

/* `matter`: when it is the record of one. */
export function Timeline({ id, matter }: { id: Id; matter?: MatterSheet }) {
  const looks = useSignal(false);
  const quiet = new Set(["clock_started", "clock_stopped", "looked"]);
  const shown = timeline.value.filter((event) => looks.value || !(quiet.has(event.kind) || saysNothing(event)));
  return (
    <>
      <div class="section-head">
        <h3>{t("sheet.notes")}</h3>
        <span class="field check">
          <input
            id="show-looks"
            type="checkbox"
            checked={looks.value}
            onChange={(event) => (looks.value = event.currentTarget.checked)}
          />
          <label for="show-looks">{t("sheet.looks")}</label>
        </span>
      </div>
      {note.predicate(id) && <NoteForm key={id} id={id} />}
      <ol class="timeline plain" data-timeline tabIndex={0} aria-label={t("sheet.notes")}>
        {[...shown].reverse().map((event) => <Event key={event.seq} event={event} matter={matter} />)}
      </ol>
    </>
  );
}
