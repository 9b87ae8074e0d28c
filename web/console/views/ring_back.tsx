/* Abandoned calls that somebody should ring back: tried or not, and until when.  The number is shown when it is asked for,
 * for that is a look that stands in the record. */
import { useSignal } from "@preact/signals";
import { ask } from "../../shared/api";
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { fullInstant, now, span } from "../../shared/time";
import type { ContactRow } from "../../shared/types";
import { ringBacks } from "../../shared/words";
import { openFor } from "../actions/answer";
import { endContact } from "../actions/end_contact";
import { openCase } from "../actions/open_case";
import { ringBack } from "../actions/ring_back";
import { toRingBack } from "../call_lists";
import { mayTake } from "../state";
import { ActionButton, sayRefusal } from "../ui/button";

function Number({ contact }: { contact: ContactRow }) {
  const number = useSignal<string | null>(null);
  if (number.value !== null) return <strong data-number>{number.value || t("phone.no_number")}</strong>;
  const look = async (): Promise<void> => {
    try {
      const { contact: whole } = await ask<{ contact: ContactRow }>(`/v1/contacts/${contact.id}`);
      number.value = whole.personal?.number ?? "";
    } catch (error) {
      sayRefusal(error);
    }
  };
  return (
    <button type="button" class="quiet" aria-label={`${t("phone.show_number")} ${t("contacts.row", { id: contact.id })}`} onClick={() => void look()}>
      {t("phone.show_number")}
    </button>
  );
}

function Row({ contact }: { contact: ContactRow }) {
  const name = t("contacts.row", { id: contact.id });
  const reached = contact.ring_back === "reached";
  return (
    <li class="contact contact-abandoned" data-ring-back={contact.id} data-tried={contact.ring_back_count ?? 0}>
      <p class="contact-head">
        <span class="badge">{word("contact_state", contact.state)}</span>
        <Number contact={contact} />
        <span class="quiet-text">{[name, contact.line, contact.position && t("phone.at", { position: contact.position })].filter(Boolean).join(" · ")}</span>
        <span class="age" title={t("phone.back_until", { time: fullInstant(contact.ring_back_until_ms ?? null) })}>{span(now.value - (contact.abandoned_at_ms ?? now.value))}</span>
      </p>
      {!!contact.ring_back_count && (
        <p class="quiet-text">{t("phone.back_count", { n: contact.ring_back_count, outcome: word("ring_back", contact.ring_back) })}</p>
      )}
      <div class="buttons">
        {ringBacks.map((outcome) => (
          <ActionButton
            key={outcome} action={ringBack} subject={contact} args={{ outcome }} quiet
            text={word("ring_back", outcome)} label={`${word("ring_back", outcome)} ${name}`}
          />
        ))}
        {openCase.predicate() && (
          <button type="button" class={reached ? "main" : ""} aria-label={`${t("contacts.open_case")} ${name}`} onClick={() => openFor(contact)}>
            {t("contacts.open_case")}
          </button>
        )}
        {!!contact.ring_back_count && (
          <ActionButton
            action={endContact} subject={contact} quiet label={`${t("contacts.end")} ${name}`} text={t("contacts.end")}
            args={{ result: reached ? "advice" as const : "not_reached" as const }}
          />
        )}
      </div>
    </li>
  );
}

export function RingBack() {
  const all = toRingBack(rows("contact").values());
  if (!mayTake() || all.length === 0) return null;
  return (
    <section class="panel ring-back" aria-labelledby="ring-back-title">
      <div class="panel-head">
        <h2 id="ring-back-title">{t("phone.back_title")} <span class="count due" data-ring-backs>{all.length}</span></h2>
      </div>
      <ul class="plain scroll" tabIndex={0} aria-labelledby="ring-back-title">
        {all.map((contact) => <Row key={contact.id} contact={contact} />)}
      </ul>
    </section>
  );
}
