/* Who is on, who is planned, and many units on or off duty at once. */
import { useSignal } from "@preact/signals";
import { row, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { instant, now } from "../../shared/time";
import type { Reply, StintRow, UnitRow } from "../../shared/types";
import type { Duty } from "../../shared/words";
import { Wrong } from "../actions/action";
import { begunText, crewOff, crewOn } from "../actions/crew";
import { bulkText, dutyBulk } from "../actions/duty_bulk";
import { cancelStint, plannedText, planShift } from "../actions/plan_shift";
import { needOperators, needUnitOrSeat, needWhen, placeName, positions, stintsOn, stintsPlanned, warningText } from "../shift_model";
import { maySend, operatorName, say } from "../state";
import { ActionButton, sayRefusal } from "../ui/button";
import { FormBox, useForm, type Form } from "../ui/form";
import { SelectField, TextField } from "../ui/fields";

function Stint({ of }: { of: StintRow }) {
  const warning = warningText(of, now.value), who = operatorName(of.operator);
  return (
    <li data-stint={of.id}>
      {who} · {placeName(of)}{of.shift && ` · ${of.shift}`} ·{" "}
      {of.state === "on" ? t("people.since", { time: instant(of.began_at_ms) }) : t("people.from_to", { from: instant(of.starts_at_ms), to: instant(of.ends_at_ms) })}
      {warning && <strong class="late" data-rest-warning> {warning}</strong>}{" "}
      <ActionButton action={crewOff} subject={of} args={undefined} quiet label={`${t("people.end")}: ${who}`} />
      <ActionButton action={cancelStint} subject={of} args={undefined} quiet label={`${t("people.cancel")}: ${who}, ${of.shift}`} />
    </li>
  );
}

const unitText = (unit: UnitRow): string => {
  const called = row("duty_level", unit.called_by);
  const busy = unit.case ? t("people.busy", { id: unit.case }) : word("duty", unit.duty);
  return `${unit.call_sign} · ${busy}${called ? ` · ${t("people.called", { level: called.name })}` : ""}`;
};

function Bulk() {
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const filter = useSignal("");
  const skip = useSignal(false);
  const busy = useSignal(false);
  const text = filter.value.trim().toLowerCase();
  const shown = [...rows("unit").values()].filter((each) => each.active && (!text || unitText(each).toLowerCase().includes(text)))
    .sort((a, b) => a.call_sign.localeCompare(b.call_sign));
  const units = shown.filter((each) => chosen.value.has(each.id)).map((each) => each.id);
  const flip = (id: string): void => {
    const next = new Set(chosen.value);
    if (!next.delete(id)) next.add(id);
    chosen.value = next;
  };
  const set = async (duty: Duty): Promise<void> => {
    if (busy.value || !units.length) return;
    busy.value = true;
    const args = { units, duty, skip_busy: skip.value };
    try {
      say(bulkText(args, (await dutyBulk.perform(undefined, args)) as boolean));
      chosen.value = new Set();
    } catch (error) {
      sayRefusal(error);
    } finally {
      busy.value = false;
    }
  };
  const every = shown.length > 0 && units.length === shown.length;
  return (
    <section aria-labelledby="bulk-title" data-bulk>
      <h4 id="bulk-title">{t("people.bulk")}</h4>
      <input type="search" aria-label={t("app.filter")} placeholder={t("app.filter")} value={filter.value}
        onInput={(event) => (filter.value = event.currentTarget.value)} />
      <label>
        <input type="checkbox" name="all" checked={every}
          onChange={() => (chosen.value = new Set(every ? [] : shown.map((each) => each.id)))} /> {t("people.choose_all")}
      </label>
      <ul class="plain scroll bulk-units">
        {shown.map((each) => (
          <li key={each.id}>
            <label><input type="checkbox" checked={chosen.value.has(each.id)} onChange={() => flip(each.id)} /> {unitText(each)}</label>
          </li>
        ))}
      </ul>
      <label><input type="checkbox" name="skip_busy" checked={skip.value} onChange={() => (skip.value = !skip.value)} /> {t("people.skip_busy")}</label>
      <p class="steps-row">
        <button type="button" class="main" aria-disabled={busy.value || !units.length} onClick={() => void set("on_duty")}>{t("people.set_on", { n: units.length })}</button>
        <button type="button" aria-disabled={busy.value || !units.length} onClick={() => void set("off_duty")}>{t("people.set_off", { n: units.length })}</button>
      </p>
    </section>
  );
}

/* What cannot be read is said beside its field, before anything is sent. */
function reading(form: Form, fields: Record<string, () => unknown>): boolean {
  const wrong: Record<string, string> = {};
  for (const [name, read] of Object.entries(fields)) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      wrong[name] = error.message;
    }
  }
  form.wrong.value = wrong;
  return Object.keys(wrong).length === 0;
}

function Plan() {
  const form = useForm("plan", { shift: "", where: "", starts: "", ends: "", who: "" });
  if (!planShift.predicate()) return null;
  const submit = () => {
    const { shift = "", where = "", starts = "", ends = "", who = "" } = form.values.value;
    const fine = reading(form, {
      shift: () => { if (!shift.trim()) throw new Wrong(t("app.required")); },
      where: () => needUnitOrSeat(where), starts: () => needWhen(starts), ends: () => needWhen(ends),
      who: () => { if (!needOperators(who).length) throw new Wrong(t("app.required")); },
    });
    if (!fine) return Promise.resolve(false);
    const starts_at_ms = needWhen(starts);
    const args = { shift: shift.trim(), starts_at_ms, ends_at_ms: needWhen(ends, starts_at_ms), ...needUnitOrSeat(where), operators: needOperators(who) };
    return form.submit(async (key) => {
      const { stint } = (await planShift.perform(undefined, args, key)) as Reply<"stint">;
      say(plannedText(args, stint));
    });
  };
  const places = [...rows("unit").values()].filter((each) => each.active).map((each) => ({ value: each.call_sign, text: each.call_sign }))
    .concat(positions.value.map((each) => ({ value: each.code, text: t("seat.on", { code: each.code }) })));
  return (
    <details>
      <summary>{t("people.plan")}</summary>
      <FormBox form={form} label={t("people.plan")} submit={t("people.plan")} onSubmit={submit} id="plan-form">
        <TextField name="shift" label={t("people.shift")} required />
        <SelectField name="where" label={t("people.where")} empty="–" options={places} required />
        <TextField name="starts" label={t("people.starts")} hint={t("people.time_hint")} required />
        <TextField name="ends" label={t("people.ends")} required />
        <TextField name="who" label={t("people.who")} required wide />
      </FormBox>
    </details>
  );
}

function Begin() {
  const form = useForm("crew", { unit: "", who: "" });
  if (!maySend()) return null;
  const submit = () => {
    const { unit: id = "", who = "" } = form.values.value;
    const unit = row("unit", id);
    const fine = reading(form, {
      unit: () => { if (!unit) throw new Wrong(t("app.required")); },
      who: () => { if (!needOperators(who).length) throw new Wrong(t("app.required")); },
    });
    if (!fine || !unit) return Promise.resolve(false);
    const args = { operators: needOperators(who) };
    return form.submit(async (key) => {
      const { stint } = (await crewOn.perform(unit, args, key)) as Reply<"stint">;
      say(begunText(unit.id, args, stint));
    });
  };
  const units = [...rows("unit").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.call_sign }));
  return (
    <details>
      <summary>{t("people.begin")}</summary>
      <FormBox form={form} label={t("people.begin")} submit={t("people.begin")} onSubmit={submit} id="crew-form">
        <SelectField name="unit" label={t("units.call_sign")} empty="–" options={units} required />
        <TextField name="who" label={t("people.who")} required />
      </FormBox>
    </details>
  );
}

export function ShiftPeople() {
  return (
    <section aria-labelledby="people-title">
      <h3 id="people-title">{t("people.title")}</h3>
      <h4>{t("people.on")} <span class="count">{stintsOn.value.length}</span></h4>
      <ul class="plain">{stintsOn.value.map((each) => <Stint key={each.id} of={each} />)}</ul>
      {stintsOn.value.length === 0 && <p class="empty">{t("people.nobody")}</p>}
      <Begin />
      <h4>{t("people.planned")} <span class="count">{stintsPlanned.value.length}</span></h4>
      <ul class="plain">{stintsPlanned.value.map((each) => <Stint key={each.id} of={each} />)}</ul>
      <Plan />
      {maySend() && <Bulk />}
    </section>
  );
}
