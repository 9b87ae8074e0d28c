/* Opening a matter: a procedure, and what was written.  What the contact brought stands there already. */
import { row, rows } from "../../shared/board";
import { position } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import { newMatter, type NewMatterArgs } from "../actions/new_matter";
import { editionTitle, openable } from "../editions";
import { usePrefill } from "../prefill";
import { boardLoaded, go, mayTake, me, query, say } from "../state";
import { focusIn, useFocusFirst } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, SelectField, TextField } from "../ui/fields";

const empty = {
  procedure: "", jurisdiction: "", description: "", caller_name: "", caller_number: "", address: "", position: "",
};

function argsOf(values: Values, contact: Id | null): NewMatterArgs {
  const args: NewMatterArgs = { procedure: values.procedure ?? "" };
  if (contact) args.contact = contact;
  if (values.jurisdiction) args.jurisdiction = values.jurisdiction;
  const at = position(values.position ?? "");
  if (at) Object.assign(args, at);
  for (const field of ["description", "caller_name", "caller_number", "address"] as const) {
    const text = values[field]?.trim();
    if (text) args[field] = text;
  }
  return args;
}

function MatterForm({ contact }: { contact: Id | null }) {
  const form = useForm(contact ? `matter/contact/${contact}` : "matter/new", empty);
  const from = row("contact", contact);
  useFocusFirst("#matter-form");
  usePrefill(contact, form.prefill);
  const submit = async (): Promise<void> => {
    const values = form.values.value, wrong: Record<string, string> = {};
    if (!values.procedure) wrong.procedure = t("matter.wrong_missing");
    if (values.position?.trim() && !position(values.position)) wrong.position = t("open.position_wrong");
    form.wrong.value = wrong;
    if (Object.keys(wrong).length) return focusIn("#matter-form [aria-invalid]");
    await form.submit(async (key) => {
      const reply = (await newMatter.perform(undefined, argsOf(values, contact), key)) as Reply<"case">;
      say(t("matter.opened", { id: reply.case.id }));
      go(`/matter/${reply.case.id}`);
    });
  };
  const agencies = [...rows("agency").values()].filter((each) => each.active);
  return (
    <>
      {from && <p class="from-contact">{t("open.from", { id: from.id })} · {word("channel", from.channel)}{from.line && ` · ${from.line}`}</p>}
      {openable().length === 0 && <p class="warning">{t("matter.none_published")}</p>}
      <FormBox form={form} id="matter-form" label={t("matters.new")} submit={t("matter.open")} onSubmit={submit}>
        <SelectField
          name="procedure" label={t("matter.procedure")} required empty="–" wide
          options={openable().map((each) => ({ value: each.name, text: editionTitle(each) + (each.example ? ` (${t("admin.example")})` : "") }))}
        />
        <AreaField name="description" label={t("matter.words")} rows={6} />
        <TextField name="caller_name" label={t("matter.caller_name")} />
        <TextField name="caller_number" label={t("matter.caller_number")} type="tel" />
        <TextField name="address" label={t("open.address")} wide />
        <TextField name="position" label={t("open.position")} hint={t("open.position_hint")} />
        <SelectField
          name="jurisdiction" label={t("sheet.jurisdiction")} empty={row("agency", me.value?.jurisdiction)?.name ?? "–"}
          options={agencies.filter((each) => each.id !== me.value?.jurisdiction).map((each) => ({ value: each.id, text: each.name }))}
        />
      </FormBox>
    </>
  );
}

export function NewMatter() {
  const contact = mayTake() ? new URLSearchParams(query.value).get("contact") : null;
  return (
    <section class="panel sheet" aria-labelledby="new-matter-title">
      <div class="panel-head">
        <h2 id="new-matter-title">{t("matters.new")}</h2>
        <button type="button" class="quiet" onClick={() => go("/matters")}>{t("app.close")}</button>
      </div>
      {boardLoaded.value ? <MatterForm key={contact ?? ""} contact={contact} /> : <p class="empty">{t("app.loading")}</p>}
    </section>
  );
}
