/* Answering: the contact is taken, and the form for its case opens at once. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { tick } from "../first_steps";
import { go, mayTake } from "../state";
import { focusFirst } from "../ui/focus";
import type { Action } from "./action";

export function openFor(contact: ContactRow): void {
  go(`/open?contact=${contact.id}`);
  focusFirst("#open-form");
}

export const answer: Action<ContactRow> = {
  name: "answer",
  label: "contacts.answer",
  predicate: (contact) => mayTake() && (contact.state === "ringing" || contact.state === "waiting"),
  async perform(contact) {
    const reply = await change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/answer`, label: t("action.contact_move", { id: contact.id }),
    });
    tick("claim");
    if (!contact.case) openFor(contact);
    return reply;
  },
};
