import { t, word } from "../../shared/i18n";
import type { Reply } from "../../shared/types";
import { channels, type Channel, type Interpreter } from "../../shared/words";
import { takeContact, type TakeArgs } from "../actions/take_contact";
import { go, say } from "../state";
import { useFocusFirst } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField } from "../ui/fields";
import { LanguageFields } from "./call_results";

export function TakeContact() {
  const form = useForm("contact", { channel: "call", answered: "yes", number: "", name: "", text: "", language: "", interpreter: "none" });
  useFocusFirst("#contact-form");
  const submit = () =>
    form.submit(async (key) => {
      const values = form.values.value;
      const args: TakeArgs = { channel: values.channel as Channel, answered: values.answered === "yes" };
      for (const field of ["number", "name", "text", "language"] as const) {
        const text = values[field]?.trim();
        if (text) args[field] = text;
      }
      if (values.interpreter !== "none") args.interpreter = values.interpreter as Interpreter;
      const { contact } = (await takeContact.perform(undefined, args, key)) as Reply<"contact">;
      say(t("contacts.row", { id: contact.id }));
      if (contact.state === "answered") {
        go(`/open?contact=${contact.id}`);
      } else {
        go("/");
      }
    });
  return (
    <section class="panel sheet" aria-labelledby="take-title">
      <div class="panel-head">
        <h2 id="take-title">{t("contacts.new")}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      <FormBox form={form} id="contact-form" label={t("contacts.new")} submit={t("contacts.submit")} onSubmit={submit}>
        <SelectField
          name="channel"
          label={t("contacts.channel")}
          options={channels.map((value) => ({ value, text: word("channel", value) }))}
        />
        <CheckField name="answered" label={t("contacts.answered")} />
        <TextField name="number" label={t("contacts.number")} type="tel" />
        <TextField name="name" label={t("contacts.name")} />
        <LanguageFields />
        <AreaField name="text" label={t("contacts.text")} />
      </FormBox>
    </section>
  );
}
