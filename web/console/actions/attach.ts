import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Id, Reply } from "../../shared/types";
import { mayTake } from "../state";
import type { Action } from "./action";

export const attach: Action<ContactRow, { case: Id }> = {
  name: "attach",
  label: "contacts.attach",
  predicate: (contact) => mayTake() && contact.case === null,
  perform: (contact, args, key) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/attach`,
      body: { case: args.case },
      label: t("action.contact_move", { id: contact.id }),
      ...(key ? { key } : {}),
    }),
};
