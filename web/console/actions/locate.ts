import { change } from "../../shared/api";
import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { isContactOpen } from "../../shared/words";
import { mayTake } from "../state";
import { Wrong, type Action } from "./action";

/* Asks a caller for where they are, by a link that only they can agree to; or ends that. */
export const locate: Action<ContactRow, { step: "ask" | "end" }> = {
  name: "locate",
  label: "place.ask",
  predicate: (contact) => mayTake() && (isContactOpen(contact.state) || contact.case !== null),
  perform: (contact, args) => change<Reply<"contact">>({
    path: `/v1/contacts/${contact.id}/locate`, body: args, label: t("action.locate", { id: contact.id }),
  }),
  command: {
    verb: "L?",
    args: ["contact"],
    usage: "usage.locate",
    async run(rest) {
      const contact = row("contact", rest.trim());
      if (!contact) throw new Wrong(t("command.usage", { usage: t("usage.locate") }));
      if (!locate.predicate(contact)) throw new Wrong(t("command.not_allowed"));
      await locate.perform(contact, { step: "ask" });
      return t("action.locate", { id: contact.id });
    },
  },
};
