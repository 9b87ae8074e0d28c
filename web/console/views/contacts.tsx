/* Contacts that wait or are being spoken with: what rings on top, the longest waiting first. */
import { useSignal } from "@preact/signals";
import { clockOfContact, matterCase, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { ContactRow } from "../../shared/types";
import { contactResults, type ContactResult } from "../../shared/words";
import { abandon } from "../actions/abandon";
import { answer, openFor } from "../actions/answer";
import { answerNext, nextContact } from "../actions/answer_next";
import { attach, offerAttaching } from "../actions/attach";
import { newMatter, offerMatter } from "../actions/new_matter";
import { endContact } from "../actions/end_contact";
import { openCase } from "../actions/open_case";
import { takeContact } from "../actions/take_contact";
import { openable } from "../editions";
import { go, me, operatorName } from "../state";
import { ActionButton } from "../ui/button";
import { FormBox, useForm } from "../ui/form";
import { SelectField } from "../ui/fields";
import { Age, Clock } from "./clock";
import { ContactPlace } from "./contact_place";

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

function CaseLink({ id }: { id: string }) {
  const matter = matterCase(id) !== undefined, to = matter ? `/matter/${id}` : `/case/${id}`;
  /* Of what is over and on no board the sheet finds out which it is. */
  const name = matter ? "matter.one" : rows("case").has(id) ? "cases.one" : "matter.numbered";
  return (
    <a href={to} onClick={(event) => { event.preventDefault(); go(to); }}>
      {t(name, { id })}
    </a>
  );
}

function Buttons({ contact, first, more }: { contact: ContactRow; first: boolean; more: { value: boolean } }) {
  const name = t("contacts.row", { id: contact.id });
  const mine = contact.state === "answered" && contact.operator === me.value?.operator;
  const taken = contact.state !== "ringing";
  const answerText = first ? `${t("contacts.answer")} (c)` : t("contacts.answer");
  return (
    <div class="buttons">
      <ActionButton
        action={answer} subject={contact} args={undefined} main
        label={`${answerText} ${name}`} text={answerText}
      />
      {contact.case
        ? <CaseLink id={contact.case} />
        : openCase.predicate() && taken && (
          <button
            type="button" class={mine ? "main" : ""} aria-label={`${t("contacts.open_case")} ${name}`}
            onClick={() => openFor(contact)}
          >
            {t("contacts.open_case")}
          </button>
        )}
      {!contact.case && taken && newMatter.predicate() && openable().length > 0 && (
        <button
          type="button" aria-label={`${t("contacts.make_matter")} ${name}`} data-make-matter
          onClick={() => offerMatter(contact)}
        >
          {t("contacts.make_matter")}
        </button>
      )}
      {attach.predicate(contact) && taken && (
        <button
          type="button" aria-label={`${t("contacts.attach")} ${name}`} aria-keyshortcuts="t"
          onClick={() => offerAttaching(contact)}
        >
          {t("contacts.attach")}
        </button>
      )}
      <ActionButton
        action={abandon} subject={contact} args={undefined} label={`${t("contacts.abandon")} ${name}`} quiet
      />
      {taken && (
        <button
          type="button" class="quiet" aria-expanded={more.value} aria-label={`${t("contacts.end")} … ${name}`}
          onClick={() => (more.value = !more.value)}
        >
          {t("contacts.end")} …
        </button>
      )}
    </div>
  );
}

function Contact({ contact, first }: { contact: ContactRow; first: boolean }) {
  const more = useSignal(false);
  const open = useSignal(false);
  const waits = contact.state === "ringing" || contact.state === "waiting";
  /* Somebody else speaks with them: one line, the rest on demand. */
  const others = contact.state === "answered" && contact.operator !== me.value?.operator;
  return (
    <li class={`contact contact-${contact.state}`} data-contact={contact.id} data-state={contact.state}>
      <p class="contact-head">
        <span class="badge">{word("contact_state", contact.state)}</span>
        <strong>{contact.personal?.number || contact.line || word("channel", contact.channel)}</strong>
        <span class="quiet-text">{t("contacts.row", { id: contact.id })} · {word("channel", contact.channel)}</span>
        {waits ? <Clock clock={clockOfContact.value.get(contact.id)} short /> : <Age since={contact.received_at_ms} />}
      </p>
      {contact.state === "answered" && (
        <p class="contact-by">
          <span class="quiet-text">{t("contacts.by", { who: operatorName(contact.operator) })}</span>
          {others && (
            <button
              type="button" class="quiet" aria-expanded={open.value}
              aria-label={`${t("contacts.actions")} ${t("contacts.row", { id: contact.id })}`}
              onClick={() => (open.value = !open.value)}
            >
              {t("contacts.actions")}
            </button>
          )}
        </p>
      )}
      {(!others || open.value) && <Buttons contact={contact} first={first} more={more} />}
      {contact.state === "answered" && (!others || open.value) && <ContactPlace contact={contact} />}
      {more.value && <div class="contact-more"><EndForm contact={contact} /></div>}
    </li>
  );
}

const order = { ringing: 0, waiting: 1, answered: 2, abandoned: 3, ended: 3 } as const;

export function Contacts() {
  const shown = [...rows("contact").values()]
    .filter((contact) => contact.state !== "answered" || contact.case === null || contact.operator === me.value?.operator)
    .sort((a, b) => order[a.state] - order[b.state] || (a.received_at_ms ?? 0) - (b.received_at_ms ?? 0));
  const waiting = shown.filter((each) => each.state !== "answered").length;
  const next = answerNext.predicate() ? nextContact()?.id : undefined;
  return (
    <section class="panel contacts" aria-labelledby="contacts-title">
      <div class="panel-head">
        <h2 id="contacts-title">
          {t("contacts.title")} <span class={waiting ? "count due" : "count"}>{waiting}</span>
        </h2>
        {takeContact.predicate() && (
          <button type="button" class="quiet" aria-keyshortcuts="k" onClick={() => takeContact.keys?.press()}>
            {t("contacts.new")}
          </button>
        )}
      </div>
      {shown.length === 0 && <p class="empty">{t("contacts.empty")}</p>}
      {shown.length > 0 && (
        <ul class="plain scroll" tabIndex={0} aria-labelledby="contacts-title">
          {shown.map((contact) => <Contact key={contact.id} contact={contact} first={contact.id === next} />)}
        </ul>
      )}
    </section>
  );
}
