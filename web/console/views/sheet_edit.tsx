/* Editing a case.  The version that was read goes with it, so that nobody's change is overwritten unseen. */
import { useSignal } from "@preact/signals";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { changeCase, type ChangeArgs } from "../actions/change_case";
import { className, position } from "../actions/lookup";
import { fetchSheet, sheet } from "../sheet_model";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField } from "../ui/fields";

const personal = ["address", "description", "caller_name", "caller_number"] as const;

function valuesOf(row: CaseRow): Values {
  return {
    class: row.class,
    priority: String(row.priority),
    position: row.lat === null || row.lon === null ? "" : `${row.lat}, ${row.lon}`,
    verified: row.address_verified ? "yes" : "",
    address: row.personal?.address ?? "",
    description: row.personal?.description ?? "",
    caller_name: row.personal?.caller_name ?? "",
    caller_number: row.personal?.caller_number ?? "",
  };
}

/* Only what was changed is sent: the rest may have been changed by others, and stays theirs. */
function changesOf(now: Values, before: Values): ChangeArgs["fields"] {
  const fields: ChangeArgs["fields"] = {};
  const changed = (name: string): boolean => (now[name] ?? "").trim() !== (before[name] ?? "");
  if (changed("class")) fields.class = now.class ?? "";
  if (changed("priority")) fields.priority = Number(now.priority);
  if (changed("verified")) fields.address_verified = now.verified === "yes";
  if (changed("position")) Object.assign(fields, position(now.position ?? "") ?? { lat: null, lon: null });
  for (const name of personal) if (changed(name)) fields[name] = (now[name] ?? "").trim() || null;
  return fields;
}

export function EditForm({ row, onDone }: { row: CaseRow; onDone: () => void }) {
  const base = useSignal(row);
  const form = useForm(`case/${row.id}/edit`, valuesOf(row));
  const classes = [...rows("class").values()].filter((each) => each.active || each.code === row.class);
  const submit = async (): Promise<void> => {
    const values = form.values.value;
    if (values.position?.trim() && !position(values.position)) {
      form.wrong.value = { position: t("open.position_wrong") };
      focusIn("#edit-form [aria-invalid]");
      return;
    }
    const fields = changesOf(values, valuesOf(base.value));
    if (Object.keys(fields).length === 0) {
      form.reset();
      onDone();
      return;
    }
    const done = await form.submit((key) => changeCase.perform(row, { fields, version: base.value.version }, key));
    if (done) {
      await fetchSheet();
      onDone();
    }
  };
  const reload = async (): Promise<void> => {
    await fetchSheet();
    form.problem.value = null;
    if (sheet.value?.case.id === row.id) base.value = sheet.value.case;
  };
  const stale = base.value.version !== row.version;
  return (
    <FormBox
      form={form}
      id="edit-form"
      label={t("sheet.edit")}
      submit={t("sheet.save")}
      onSubmit={submit}
      onReload={() => void reload()}
      more={
        <button type="button" class="quiet" onClick={() => { form.reset(valuesOf(row)); onDone(); }}>
          {t("app.cancel")}
        </button>
      }
    >
      {stale && !form.busy.value && !form.problem.value && (
        <div class="problem" role="status">
          <p>{t("sheet.changed")}</p>
          <dl class="details">
            {Object.entries(valuesOf(row)).filter(([name, value]) => value !== valuesOf(base.value)[name])
              .map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value || "–"}</dd></div>)}
          </dl>
          <button type="button" onClick={() => void reload()}>{t("sheet.reload")}</button>
        </div>
      )}
      <SelectField
        name="class"
        label={t("open.class")}
        wide
        options={classes.map((each) => ({ value: each.code, text: className(each) }))}
      />
      <TextField name="address" label={t("open.address")} wide />
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
    </FormBox>
  );
}
