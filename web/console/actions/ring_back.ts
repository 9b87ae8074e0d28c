/* A caller was rung back: what came of it, and the end of the contact where that is one. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import type { ContactResult, RingBack } from "../../shared/words";
import { mayTake } from "../state";
import type { Action } from "./action";

export const ringBack: Action<ContactRow, { outcome: RingBack; result?: ContactResult }> = {
  name: "ring_back",
  label: "phone.back_title",
  predicate: (contact) => mayTake() && (contact.state === "abandoned" || contact.state === "answered"),
  perform: (contact, args) =>
    change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/ring-back`, body: args, label: t("action.ring_back", { id: contact.id }),
    }),
};
