/* The shift: what the next one must know, taking over, people and units on duty, duty levels. */
import { useEffect } from "preact/hooks";
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { instant, span } from "../../shared/time";
import type { Handover, HandoverCase, HandoverRow } from "../../shared/types";
import { bodies } from "../../shared/words";
import { classText } from "../actions/lookup";
import { leaveNote, takeNote, type NoteArgs } from "../actions/handover_note";
import { fetchHandover, handover, handoverBusy, handoverProblem } from "../shift_model";
import { callSign, go, mayTake, operatorName, say } from "../state";
import { ActionButton } from "../ui/button";
import { FormBox, useForm } from "../ui/form";
import { AreaField, TextField } from "../ui/fields";
import { ProblemBox } from "../ui/problem";
import { HelpCalls } from "./help_calls";
import { ShiftLevels } from "./shift_levels";
import { ShiftPeople } from "./shift_people";
import { ShiftTake } from "./shift_take";

function waitsFor(of: HandoverCase): string {
  if (of.waits_for === "unit") return of.unit ? callSign(of.unit) : t("waits.unit");
  if (of.waits_for === "desk") return t("waits.desk");
  return (bodies as readonly string[]).includes(of.waits_for) ? word("body", of.waits_for) : of.waits_for || "–";
}

function CaseLine({ of }: { of: HandoverCase }) {
  const to = of.case.class ? `/case/${of.case.id}` : `/matter/${of.case.id}`;
  return (
    <tr data-handover-case={of.case.id} class={of.overdue ? "overdue" : ""}>
      <th scope="row">
        <a href={to} onClick={(event) => { event.preventDefault(); go(to); }}>{of.case.id}</a>{" "}
        {of.case.class ? classText(of.case.class) : of.case.procedure} · {word("case_state", of.case.state)}
        {of.case.personal?.address && <span class="quiet-text"> {of.case.personal.address}</span>}
      </th>
      <td class="number">{span(of.age_ms)}</td>
      <td>{operatorName(of.case.owner)}</td>
      <td>{waitsFor(of)}{of.clock && <span class="quiet-text"> {word("clock_kind", of.clock)}</span>}</td>
      <td class="number">{instant(of.due_at_ms)}{of.overdue && <strong class="late"> {t("shift.overdue")}</strong>}</td>
    </tr>
  );
}

/* Overdue first, then the oldest. */
const inOrder = (a: HandoverCase, b: HandoverCase): number => Number(b.overdue) - Number(a.overdue) || b.age_ms - a.age_ms;

function Cases({ of }: { of: Handover }) {
  if (of.cases.length === 0) return <p class="empty">{t("shift.no_cases")}</p>;
  return (
    <table class="rec-units handover-cases">
      <thead>
        <tr>
          <th scope="col">{t("shift.cases")} <span class="count">{of.cases.length}</span></th>
          <th scope="col" class="number">{t("shift.age")}</th>
          <th scope="col">{t("shift.owner")}</th>
          <th scope="col">{t("shift.waits_for")}</th>
          <th scope="col" class="number">{t("shift.due")}</th>
        </tr>
      </thead>
      <tbody>{[...of.cases].sort(inOrder).map((each) => <CaseLine key={each.case.id} of={each} />)}</tbody>
    </table>
  );
}

function Rest({ of }: { of: Handover }) {
  return (
    <dl class="details">
      <div>
        <dt>{t("shift.contacts")}</dt>
        <dd>{of.contacts.map((each) => `${each.id} ${word("contact_state", each.state)} (${operatorName(each.operator)})`).join(", ") || t("shift.none")}</dd>
      </div>
      <div>
        <dt>{t("shift.units_out")}</dt>
        <dd data-units-out>{of.units.map((each) => each.call_sign).join(", ") || t("shift.none")}</dd>
      </div>
      <div>
        <dt>{t("shift.closures")}</dt>
        <dd>
          {of.road_closures.map((each) => `${each.name}${each.until_at_ms ? ` (${t("shift.until", { time: instant(each.until_at_ms) })})` : ""}`)
            .join(", ") || t("shift.none")}
        </dd>
      </div>
    </dl>
  );
}

function Note({ note }: { note: HandoverRow }) {
  return (
    <li data-note={note.id}>
      <p class="quiet-text">
        {note.id} · {t("shift.note_by", { who: operatorName(note.left_by), time: instant(note.left_at_ms) })}{note.shift && ` · ${note.shift}`}
      </p>
      <p class="note-text">{note.personal?.text ?? "–"}</p>
      {takeNote.predicate(note)
        ? <ActionButton action={takeNote} subject={note} args={undefined} label={`${t("shift.note_take")} ${note.id}`} />
        : <p class="quiet-text">{t("shift.note_own")}</p>}
    </li>
  );
}

function Notes({ of }: { of: Handover }) {
  const form = useForm("handover", { text: "", shift: "" });
  const submit = () =>
    form.submit(async (key) => {
      const { text = "", shift = "" } = form.values.value;
      const args: NoteArgs = shift.trim() ? { text, shift: shift.trim() } : { text };
      await leaveNote.perform(undefined, args, key);
      say(t("shift.note_left"));
      await fetchHandover();
    });
  return (
    <section aria-labelledby="notes-title">
      <h3 id="notes-title">{t("shift.notes")} <span class="count">{of.notes.length}</span></h3>
      <ul class="plain notes">{of.notes.map((each) => <Note key={each.id} note={each} />)}</ul>
      <FormBox form={form} label={t("shift.leave_note")} submit={t("shift.leave_note")} onSubmit={submit} id="handover-form">
        <AreaField name="text" label={t("shift.note")} required />
        <TextField name="shift" label={t("shift.note_shift")} />
      </FormBox>
    </section>
  );
}

export function Shift() {
  const of = handover.value;
  const notes = rows("handover").size; /* somebody left one, or took one over: it is read again */
  useEffect(() => { if (mayTake()) void fetchHandover(); }, [notes]);
  if (!mayTake()) return <section class="panel sheet"><p class="empty">{t("command.not_allowed")}</p></section>;
  return (
    <section class="panel sheet shift" aria-labelledby="shift-title" aria-busy={handoverBusy.value}>
      <div class="panel-head">
        <h2 id="shift-title" tabIndex={-1}>{t("shift.title")}</h2>
        {of && <span class="quiet-text">{t("shift.as_of", { time: instant(of.now_ms) })}</span>}
        <button type="button" class="quiet" aria-disabled={handoverBusy.value} onClick={() => void fetchHandover()}>{t("shift.again")}</button>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      <ProblemBox problem={handoverProblem.value} />
      <section aria-labelledby="handover-title">
        <h3 id="handover-title">{t("shift.handover")}</h3>
        {of ? <><Cases of={of} /><Rest of={of} /></> : <p class="empty">{t("shift.wait")}</p>}
      </section>
      {of && <Notes of={of} />}
      <HelpCalls />
      <ShiftTake />
      <ShiftLevels />
      <ShiftPeople />
    </section>
  );
}
