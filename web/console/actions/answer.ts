import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { mayTake } from "../state";
import type { Action } from "./action";

export const answer: Action<ContactRow> = {
  name: "answer",
  label: "contacts.answer",
  predicate: (contact) => mayTake() && (contact.state === "ringing" || contact.state === "waiting"),
  perform: (contact) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/answer`, label: t("action.contact_move", { id: contact.id }),
    }),
};
