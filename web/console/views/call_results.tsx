/* The call in hand: its results by one key, the ringing back of a silent one, and the caller's language. */
import { t, word } from "../../shared/i18n";
import type { ContactRow } from "../../shared/types";
import { interpreters, ringBacks, type Interpreter } from "../../shared/words";
import { noteLanguage } from "../actions/note_language";
import { misdial, nuisance, silent, silentCall } from "../actions/one_key";
import { ringBack } from "../actions/ring_back";
import { ActionButton } from "../ui/button";
import { FormBox, useForm } from "../ui/form";
import { SelectField, TextField } from "../ui/fields";

export function LanguageFields() {
  return (
    <>
      <TextField name="language" label={t("phone.language")} hint={t("phone.language_hint")} />
      <SelectField
        name="interpreter"
        label={t("phone.interpreter")}
        options={interpreters.map((value) => ({ value, text: word("interpreter", value) }))}
      />
    </>
  );
}

export function LanguageForm({ contact }: { contact: ContactRow }) {
  const form = useForm(`contact/${contact.id}/language`, {
    language: contact.language ?? "", interpreter: contact.interpreter ?? "none",
  });
  return (
    <FormBox
      form={form}
      label={t("phone.note")}
      submit={t("phone.note")}
      onSubmit={() => form.submit(() => noteLanguage.perform(contact, {
        language: form.values.value.language?.trim() ?? "", interpreter: form.values.value.interpreter as Interpreter,
      }))}
    >
      <LanguageFields />
    </FormBox>
  );
}

/* A silent call is over only when it was rung back; whoever is reached is spoken with. */
function SilentCall({ contact }: { contact: ContactRow }) {
  return (
    <div class="silent-call" id="silent-call" role="group" aria-label={t("phone.silent_title")}>
      <p>{t("phone.silent_title")}</p>
      <div class="buttons">
        {ringBacks.map((outcome) => (
          <ActionButton
            key={outcome} action={ringBack} subject={contact} text={word("ring_back", outcome)}
            args={outcome === "reached" ? { outcome } : { outcome, result: "silent" as const }}
          />
        ))}
      </div>
    </div>
  );
}

export function CallResults({ contact }: { contact: ContactRow }) {
  if (!nuisance.predicate(contact)) return null;
  const name = t("contacts.row", { id: contact.id });
  return (
    <>
      <div class="buttons one-key" role="group" aria-label={t("phone.results")}>
        {[nuisance, misdial, silent].map((action) => (
          <ActionButton
            key={action.name} action={action} subject={contact} args={undefined} quiet
            text={`${t(action.label)} (${action.keys?.key ?? ""})`} label={`${t(action.label)} ${name}`}
          />
        ))}
      </div>
      {silentCall.value === contact.id && !contact.ring_back && <SilentCall contact={contact} />}
    </>
  );
}
