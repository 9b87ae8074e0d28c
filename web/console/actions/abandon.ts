import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { mayTake } from "../state";
import type { Action } from "./action";

export const abandon: Action<ContactRow> = {
  name: "abandon",
  label: "contacts.abandon",
  predicate: (contact) => mayTake() && contact.state === "ringing",
  perform: (contact) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/abandon`, label: t("action.contact_move", { id: contact.id }),
    }),
};
