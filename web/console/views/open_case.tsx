/* Opening a case: a class and a place are enough.  What the contact brought stands there already. */
import { useEffect } from "preact/hooks";
import { classByCode, row } from "../../shared/board";
import { asPoint, position } from "../../shared/geo";
import { lang, t, word } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import { openCase, type OpenArgs } from "../actions/open_case";
import { typed } from "../offers";
import { usePrefill } from "../prefill";
import { questionsOf, withAnswers } from "../questions";
import { boardLoaded, go, query, say } from "../state";
import { focusIn, useFocusFirst } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField } from "../ui/fields";
import { ClassField, classOf, ClassSuggestions } from "./class_field";
import { PlaceField } from "./place_field";
import { Questions } from "./questions";
import { SimilarCases } from "./similar";

const empty = {
  class: "", address: "", found: "", verified: "", position: "", priority: "", description: "", caller_name: "",
  caller_number: "",
};

function objections(values: Values): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (!classOf(values.class ?? "")) wrong.class = t(values.class?.trim() ? "open.which_class" : "open.no_class");
  if (!values.address?.trim() && !values.position?.trim()) wrong.address = t("open.no_place");
  if (values.position?.trim() && !position(values.position)) wrong.position = t("open.position_wrong");
  return wrong;
}

function argsOf(values: Values, contact: string | null): OpenArgs {
  const found = classOf(values.class ?? "");
  const args: OpenArgs = { class: found?.code ?? "" };
  /* Coordinates typed where the address goes are coordinates. */
  const inAddress = position(values.address ?? "");
  const at = inAddress ?? position(values.position ?? "");
  if (at) Object.assign(args, at);
  if (values.verified) args.address_verified = true;
  if (values.priority) args.priority = Number(values.priority);
  if (contact) args.contact = contact;
  const description = withAnswers(values.description ?? "", questionsOf(found, lang.value), values);
  if (description) args.description = description;
  for (const field of ["address", "caller_name", "caller_number"] as const) {
    const text = values[field]?.trim();
    if (text && !(field === "address" && inAddress)) args[field] = text;
  }
  return args;
}

function OpenForm({ contact }: { contact: Id | null }) {
  const form = useForm(contact ? `open/contact/${contact}` : "open", empty);
  const from = row("contact", contact);
  const values = form.values.value;
  const chosen = classOf(values.class ?? "");
  const point = asPoint(position(values.address ?? "") ?? position(values.position ?? ""));
  useFocusFirst("#open-form");
  usePrefill(contact, form.prefill);
  useEffect(() => { typed.value = { point, class: chosen?.code ?? "" }; }, [point?.lat, point?.lon, chosen?.code]);
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
    <>
      {from && (
        <p class="from-contact">
          {t("open.from", { id: from.id })} · {word("channel", from.channel)}{from.line && ` · ${from.line}`}
          {from.uncertainty_m > 0 && from.lat !== null && ` · ${t("open.fix", { n: from.uncertainty_m })}`}
        </p>
      )}
      <SimilarCases contact={from} />
      <FormBox form={form} id="open-form" label={t("open.title")} submit={t("open.submit")} onSubmit={submit}>
        <PlaceField near={from && from.lat !== null && from.lon !== null ? { lat: from.lat, lon: from.lon } : null} />
        <ClassField />
        <AreaField name="description" label={t("open.description")} />
        <ClassSuggestions form={form} />
        <Questions form={form} questions={questionsOf(classByCode.value.get(chosen?.code ?? ""), lang.value)} />
        <TextField name="caller_number" label={t("open.caller_number")} type="tel" />
        <TextField name="caller_name" label={t("open.caller_name")} />
        <TextField name="position" label={t("open.position")} hint={t("open.position_hint")} />
        <SelectField
          name="priority"
          label={t("open.priority")}
          empty={t("open.priority_class")}
          options={["1", "2", "3", "4", "5"].map((value) => ({ value, text: value }))}
        />
        <CheckField name="verified" label={t("open.verified")} />
      </FormBox>
    </>
  );
}

export function OpenCase() {
  const contact = new URLSearchParams(query.value).get("contact");
  return (
    <section class="panel sheet" aria-labelledby="open-title">
      <div class="panel-head">
        <h2 id="open-title">{t("open.title")}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      {boardLoaded.value ? <OpenForm key={contact ?? ""} contact={contact} /> : <p class="empty">{t("app.loading")}</p>}
    </section>
  );
}
