/* Contacts that wait or are being spoken with, the longest waiting first. */
import { useSignal } from "@preact/signals";
import { clockOfContact, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { ContactRow } from "../../shared/types";
import { contactResults, type ContactResult } from "../../shared/words";
import { abandon } from "../actions/abandon";
import { answer } from "../actions/answer";
import { attach } from "../actions/attach";
import { endContact } from "../actions/end_contact";
import { openCase } from "../actions/open_case";
import { takeContact } from "../actions/take_contact";
import { go, me, operatorName } from "../state";
import { ActionButton } from "../ui/button";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { SelectField, TextField } from "../ui/fields";
import { Age, Clock } from "./clock";

function EndForm({ contact }: { contact: ContactRow }) {
  const form = useForm(`contact/${contact.id}/end`, { result: contact.case ? "case" : "advice" });
  return (
    <FormBox
      form={form}
      label={t("contacts.end")}
      submit={t("contacts.end")}
      onSubmit={() => form.submit(() =>
        endContact.perform(contact, { result: form.values.value.result as ContactResult }))}
    >
      <SelectField
        name="result"
        label={t("contacts.result")}
        options={contactResults.map((value) => ({ value, text: word("contact_result", value) }))}
      />
    </FormBox>
  );
}

function AttachForm({ contact }: { contact: ContactRow }) {
  const form = useForm(`contact/${contact.id}/attach`, { case: "" });
  return (
    <FormBox
      form={form}
      label={t("contacts.attach")}
      submit={t("contacts.attach")}
      onSubmit={() => form.submit((key) =>
        attach.perform(contact, { case: form.values.value.case?.trim() ?? "" }, key))}
    >
      <TextField name="case" label={t("contacts.attach_to")} required />
    </FormBox>
  );
}

function Contact({ contact }: { contact: ContactRow }) {
  const more = useSignal(false);
  const mine = contact.state === "answered" && contact.operator === me.value?.operator;
  const name = t("contacts.row", { id: contact.id });
  const waits = contact.state === "ringing" || contact.state === "waiting";
  return (
    <li class={`contact contact-${contact.state}`} data-contact={contact.id}>
      <p class="contact-head">
        <strong>{name}</strong>
        <span>{word("channel", contact.channel)}</span>
        <span class="badge">{word("contact_state", contact.state)}</span>
        {contact.line && <span>{contact.line}</span>}
        <Age since={contact.received_at_ms} />
      </p>
      {waits && <p><Clock clock={clockOfContact.value.get(contact.id)} /></p>}
      {contact.state === "answered" && <p>{t("contacts.by", { who: operatorName(contact.operator) })}</p>}
      <div class="buttons">
        <ActionButton
          action={answer} subject={contact} args={undefined} label={`${t("contacts.answer")} ${name}`} main
        />
        <ActionButton action={abandon} subject={contact} args={undefined} label={`${t("contacts.abandon")} ${name}`} />
        {contact.case
          ? <a href={`/case/${contact.case}`} onClick={(event) => { event.preventDefault(); go(`/case/${contact.case}`); }}>
              {t("cases.one", { id: contact.case })}
            </a>
          : openCase.predicate() && contact.state !== "ringing" && (
            <button
              type="button"
              class={mine ? "main" : ""}
              aria-label={`${t("contacts.open_case")} ${name}`}
              onClick={() => { go(`/open?contact=${contact.id}`); focusIn("#open-form select"); }}
            >
              {t("contacts.open_case")}
            </button>
          )}
        {contact.state !== "ringing" && (
          <button
            type="button"
            class="quiet"
            aria-expanded={more.value}
            aria-label={`${t("contacts.end")} … ${name}`}
            onClick={() => (more.value = !more.value)}
          >
            {t("contacts.end")} …
          </button>
        )}
      </div>
      {more.value && (
        <div class="contact-more">
          <EndForm contact={contact} />
          {attach.predicate(contact) && <AttachForm contact={contact} />}
        </div>
      )}
    </li>
  );
}

export function Contacts() {
  const waiting = [...rows("contact").values()]
    .filter((contact) => contact.state !== "answered" || contact.case === null || contact.operator === me.value?.operator)
    .sort((a, b) => (a.received_at_ms ?? 0) - (b.received_at_ms ?? 0));
  return (
    <section class="panel contacts" aria-labelledby="contacts-title">
      <div class="panel-head">
        <h2 id="contacts-title">{t("contacts.title")} <span class="count">{waiting.length}</span></h2>
        {takeContact.predicate() && (
          <button type="button" aria-keyshortcuts="k" onClick={() => takeContact.keys?.press()}>
            {t("contacts.new")}
          </button>
        )}
      </div>
      {waiting.length === 0 && <p class="empty">{t("contacts.empty")}</p>}
      <ul class="plain">
        {waiting.map((contact) => <Contact key={contact.id} contact={contact} />)}
      </ul>
    </section>
  );
}
