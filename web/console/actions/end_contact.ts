import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import type { ContactResult } from "../../shared/words";
import { mayTake } from "../state";
import type { Action } from "./action";

export const endContact: Action<ContactRow, { result: ContactResult }> = {
  name: "end_contact",
  label: "contacts.end",
  predicate: (contact) => mayTake() && contact.state !== "ended" && contact.state !== "ringing",
  perform: (contact, args) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/end`,
      body: { result: args.result },
      label: t("action.contact_move", { id: contact.id }),
    }),
};
