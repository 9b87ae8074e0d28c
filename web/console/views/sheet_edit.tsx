/* Editing a case.  The draft holds what the fields said when the editing began, so only what was changed here
 * is sent.  What others change meanwhile is taken over; where both changed one field, the operator decides. */
import { useEffect } from "preact/hooks";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { changeCase } from "../actions/change_case";
import { className, position } from "../actions/lookup";
import { changesOf, conflictsOf, rebase, valuesOf, type Base } from "../edit_model";
import { fetchSheet } from "../sheet_model";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField } from "../ui/fields";
import { PlaceField } from "./place_field";

const labels = {
  class: "open.class", priority: "open.priority", position: "open.position", verified: "open.verified",
  address: "open.address", description: "open.description", caller_name: "open.caller_name",
  caller_number: "open.caller_number",
} as const;

export function EditForm({ row, onDone }: { row: CaseRow; onDone: () => void }) {
  const fresh: Base = { version: row.version, values: valuesOf(row) };
  const form = useForm(`case/${row.id}/edit`, { ...fresh.values, base: JSON.stringify(fresh) });
  const base = JSON.parse(form.values.value.base ?? "") as Base;
  const conflicts = conflictsOf(form.values.value, base, fresh);
  const classes = [...rows("class").values()].filter((each) => each.active || each.code === row.class);
  const goOn = (): void => {
    form.problem.value = null;
    form.values.value = rebase(form.values.value, base, fresh);
  };
  useEffect(() => {
    if (base.version !== fresh.version && conflicts.length === 0 && !form.busy.value) goOn();
  }, [fresh.version, conflicts.length]);
  const submit = async (): Promise<void> => {
    const values = form.values.value;
    if (values.position?.trim() && !position(values.position)) {
      form.wrong.value = { position: t("open.position_wrong") };
      focusIn("#edit-form [aria-invalid]");
      return;
    }
    const fields = changesOf(values, base.values);
    const nothing = Object.keys(fields).length === 0;
    if (nothing) form.reset();
    if (nothing || await form.submit((key) => changeCase.perform(row, { fields, version: base.version }, key))) {
      if (!nothing) await fetchSheet();
      onDone();
    }
  };
  const cancel = (): void => {
    form.reset({ ...fresh.values, base: JSON.stringify(fresh) });
    onDone();
  };
  return (
    <FormBox
      form={form}
      id="edit-form"
      label={t("sheet.edit")}
      submit={t("sheet.save")}
      onSubmit={submit}
      onReload={() => { form.problem.value = null; void fetchSheet(); }}
      more={<button type="button" class="quiet" onClick={cancel}>{t("app.cancel")}</button>}
    >
      <SelectField
        name="class"
        label={t("open.class")}
        wide
        options={classes.map((each) => ({ value: each.code, text: className(each) }))}
      />
      <PlaceField near={row.lat !== null && row.lon !== null ? { lat: row.lat, lon: row.lon } : null} />
      <TextField name="position" label={t("open.position")} hint={t("open.position_hint")} />
      <SelectField
        name="priority"
        label={t("open.priority")}
        options={["1", "2", "3", "4", "5"].map((value) => ({ value, text: value }))}
      />
      <CheckField name="verified" label={t("open.verified")} />
      <AreaField name="description" label={t("open.description")} />
      <TextField name="caller_number" label={t("open.caller_number")} type="tel" />
      <TextField name="caller_name" label={t("open.caller_name")} />
      {conflicts.length > 0 && !form.busy.value && (
        <div class="problem" role="status" data-conflict>
          <p>{t("sheet.changed")}</p>
          <dl class="details">
            {conflicts.map((name) => (
              <div key={name}>
                <dt>{t(labels[name as keyof typeof labels])}</dt>
                <dd>{fresh.values[name] || "–"}</dd>
              </div>
            ))}
          </dl>
          <button type="button" onClick={goOn}>{t("sheet.take_newest")}</button>
        </div>
      )}
    </FormBox>
  );
}
