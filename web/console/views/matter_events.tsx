/* What can be done with a matter now: a button for each event, and the form of the one that was pressed.  What is
 * filled in is a draft at once. */
import { useEffect } from "preact/hooks";
import { rows } from "../../shared/board";
import { lang, t, type Key } from "../../shared/i18n";
import { inWords } from "../../shared/procedure";
import type { MatterChoice, MatterSheet } from "../../shared/types";
import { act } from "../actions/act";
import { className } from "../actions/lookup";
import { eventArgs, inputsOf, objectionsOf, type Input } from "../event_form";
import { fetchMatter, openEvent } from "../matter_model";
import { namesOf, type Names } from "../editions";
import { valueText } from "../matter_words";
import { say } from "../state";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { AreaField, SelectField, TextField } from "../ui/fields";

const taken = { agency: "matter.agency", other: "matter.other", class: "open.class" } as const;

const labelOf = (input: Input, names: Names): string => (input.take ? t(taken[input.take]) : names.field(input.name));

function Take({ input, sheet }: { input: Input; sheet: MatterSheet }) {
  const label = t(taken[input.take ?? "agency"]);
  if (input.take === "agency") {
    const list = [...rows("agency").values()].filter((each) => each.active).sort((a, b) => a.name.localeCompare(b.name));
    return <SelectField name="agency" label={label} required empty="–" wide options={list.map((each) => ({ value: each.id, text: `${each.name} · ${each.code}` }))} />;
  }
  if (input.take === "class") {
    const list = [...rows("class").values()].filter((each) => each.active).sort((a, b) => a.priority - b.priority);
    return <SelectField name="class" label={label} required empty="–" wide options={list.map((each) => ({ value: each.code, text: className(each) }))} />;
  }
  const others = [...rows("matter").values()].filter((each) => each.procedure === sheet.matter.procedure && each.id !== sheet.case.id);
  return (
    <>
      <TextField name="other" label={label} hint={t("matter.other_hint")} required list="matter-others" />
      <datalist id="matter-others">{others.map((each) => <option key={each.id} value={each.id} />)}</datalist>
    </>
  );
}

function FieldOf({ input, sheet, names }: { input: Input; sheet: MatterSheet; names: Names }) {
  const field = input.field, label = labelOf(input, names);
  if (input.take || !field) return <Take input={input} sheet={sheet} />;
  const before = sheet.fields[input.name];
  const kept = before !== undefined && !input.required ? t("matter.kept", { text: valueText(input.name, before, names) }) : "";
  const common = { name: input.name, label, required: input.required, ...(kept ? { hint: kept } : {}) };
  switch (field.type) {
    case "choice":
      return <SelectField {...common} empty="–" wide options={Object.entries(field.words ?? {}).map(([value, text]) => ({ value, text: inWords(text, lang.value, value) }))} />;
    case "yes_no":
      return <SelectField {...common} empty="–" options={(["yes", "no"] as const).map((value) => ({ value, text: t(`answer.${value}`) }))} />;
    case "date": return <TextField {...common} type="date" />;
    case "integer": return <TextField {...common} />;
    case "place": return <TextField {...common} wide />;
    default: return <AreaField {...common} rows={2} />;
  }
}

function EventForm({ choice, sheet }: { choice: MatterChoice; sheet: MatterSheet }) {
  const names = namesOf(sheet.matter.edition);
  const inputs = inputsOf(choice, names.content);
  const id = sheet.case.id;
  const form = useForm(`matter/${id}/${choice.event}`, Object.fromEntries(inputs.map((each) => [each.name, ""])));
  const given = openEvent.value?.values ?? {};
  useEffect(() => {
    for (const [name, value] of Object.entries(given)) if (value) form.set(name, value);
    focusIn("#event-form input, #event-form select, #event-form textarea, #event-form button");
  }, [choice.event]);
  const title = names.event(choice.event);
  const submit = async (): Promise<void> => {
    const wrong = objectionsOf(inputs, form.values.value);
    form.wrong.value = Object.fromEntries(Object.entries(wrong).map(([name, what]) => [name, t(`matter.wrong_${what}` as Key)]));
    if (Object.keys(wrong).length) return focusIn("#event-form [aria-invalid]");
    const args = eventArgs(choice, inputs, form.values.value, sheet.matter.offer_hash);
    if (await form.submit((key) => act.perform({ id, version: sheet.case.version }, args, key))) {
      say(t("matter.done", { id, event: title }));
      openEvent.value = null;
      await fetchMatter();
      focusIn("#sheet-title");
    } else if (form.problem.value?.field) focusIn("#event-form [aria-invalid]");
  };
  return (
    <FormBox
      form={form} id="event-form" label={title} submit={title} onSubmit={submit}
      nameOf={(field) => { const input = inputs.find((each) => each.name === field); return input && labelOf(input, names); }}
      onReload={() => { form.problem.value = null; void fetchMatter(); }}
      more={<button type="button" class="quiet" onClick={() => closeForm(choice.event)}>{t("app.cancel")}</button>}
    >
      {choice.spared !== "none" && <p class="wide problem" data-spared={choice.spared}>{t(`matter.sparing_${choice.spared}`)}</p>}
      {inputs.length === 0 && <p class="wide">{t("matter.sure", { event: title })}</p>}
      {inputs.map((input) => <FieldOf key={input.name} input={input} sheet={sheet} names={names} />)}
    </FormBox>
  );
}

/* What the matter's state would take, and this person must leave to another. */
function Barred({ sheet }: { sheet: MatterSheet }) {
  const names = namesOf(sheet.matter.edition);
  if (!sheet.barred.length) return null;
  return (
    <ul class="plain barred" data-barred>
      {sheet.barred.map((each) => (
        <li key={each.event} data-barred-event={each.event}>
          <strong>{names.event(each.event)}</strong>: {t(`matter.barred_${each.why}`, { who: each.who })}
        </li>
      ))}
    </ul>
  );
}

/* What was typed stays: it is there again when the form is opened again. */
function closeForm(event: string): void {
  openEvent.value = null;
  focusIn(`[data-event="${event}"]`);
}

export function Events({ sheet }: { sheet: MatterSheet }) {
  const names = namesOf(sheet.matter.edition);
  const open = sheet.choices.find((each) => each.event === openEvent.value?.event);
  return (
    <div class="events" data-events>
      <h3 class="sr">{t("matter.events")}</h3>
      {sheet.choices.length + sheet.barred.length === 0 && <p class="quiet-text">{t("matter.nothing_possible")}</p>}
      <div class="buttons">
        {sheet.choices.map((each) => (
          <button
            key={each.event} type="button" data-event={each.event} aria-expanded={each === open}
            onClick={() => { if (each === open) closeForm(each.event); else openEvent.value = { event: each.event, values: {} }; }}
          >
            {names.event(each.event)}
          </button>
        ))}
      </div>
      <Barred sheet={sheet} />
      {openEvent.value && !open && <p class="problem" role="alert">{t("matter.event_gone", { event: names.event(openEvent.value.event) })}</p>}
      {open && <EventForm key={`${sheet.case.id} ${open.event}`} choice={open} sheet={sheet} />}
    </div>
  );
}
