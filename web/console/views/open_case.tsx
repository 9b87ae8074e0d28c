/* Opening a case: a class and a place are enough. */
import { useEffect } from "preact/hooks";
import { row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { Reply } from "../../shared/types";
import { className, position } from "../actions/lookup";
import { openCase, type OpenArgs } from "../actions/open_case";
import { go, query, say } from "../state";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField } from "../ui/fields";

const empty = {
  class: "", address: "", verified: "", position: "", priority: "", description: "", caller_name: "",
  caller_number: "",
};

function objections(values: Values): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (!values.class) wrong.class = t("open.no_class");
  if (!values.address?.trim() && !values.position?.trim()) wrong.address = t("open.no_place");
  if (values.position?.trim() && !position(values.position)) wrong.position = t("open.position_wrong");
  return wrong;
}

function argsOf(values: Values, contact: string | null): OpenArgs {
  const args: OpenArgs = { class: values.class ?? "" };
  const at = position(values.position ?? "");
  if (at) Object.assign(args, at);
  if (values.verified) args.address_verified = true;
  if (values.priority) args.priority = Number(values.priority);
  if (contact) args.contact = contact;
  for (const field of ["address", "description", "caller_name", "caller_number"] as const) {
    const text = values[field]?.trim();
    if (text) args[field] = text;
  }
  return args;
}

export function OpenCase() {
  const contact = new URLSearchParams(query.value).get("contact");
  const form = useForm(contact ? `open/contact/${contact}` : "open", empty);
  const from = row("contact", contact);
  const classes = [...rows("class").values()].filter((each) => each.active)
    .sort((a, b) => a.priority - b.priority || a.code.localeCompare(b.code));
  useEffect(() => focusIn("#open-form select"), [contact]);
  const submit = async (): Promise<void> => {
    form.wrong.value = objections(form.values.value);
    if (Object.keys(form.wrong.value).length) {
      focusIn("#open-form [aria-invalid]");
      return;
    }
    await form.submit(async (key) => {
      const reply = (await openCase.perform(undefined, argsOf(form.values.value, contact), key)) as Reply<"case">;
      say(t("open.done", { id: reply.case.id }));
      go(`/case/${reply.case.id}`);
    });
  };
  return (
    <section class="panel sheet" aria-labelledby="open-title">
      <div class="panel-head">
        <h2 id="open-title">{t("open.title")}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      {from && <p>{t("open.from", { id: from.id })}</p>}
      <FormBox form={form} id="open-form" label={t("open.title")} submit={t("open.submit")} onSubmit={submit}>
        <SelectField
          name="class"
          label={t("open.class")}
          required
          wide
          empty={t("open.choose")}
          options={classes.map((each) => ({ value: each.code, text: `${each.priority} · ${className(each)}` }))}
        />
        <p class="hint wide">{t("open.place_rule")}</p>
        <TextField name="address" label={t("open.address")} wide />
        <TextField name="position" label={t("open.position")} hint={t("open.position_hint")} />
        <CheckField name="verified" label={t("open.verified")} />
        <AreaField name="description" label={t("open.description")} />
        <TextField name="caller_number" label={t("open.caller_number")} type="tel" />
        <TextField name="caller_name" label={t("open.caller_name")} />
        <SelectField
          name="priority"
          label={t("open.priority")}
          empty={t("open.priority_class")}
          options={["1", "2", "3", "4", "5"].map((value) => ({ value, text: value }))}
        />
      </FormBox>
    </section>
  );
}
