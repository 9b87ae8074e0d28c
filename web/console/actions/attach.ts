/* A contact that is about a case somebody has opened already: t offers the likely ones, a digit picks. */
import { change } from "../../shared/api";
import { matterCase, row as rowOf } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow, Id, Reply } from "../../shared/types";
import { currentContact } from "../offers";
import { go, mayTake, say } from "../state";
import { focusIn } from "../ui/focus";
import { Wrong, type Action } from "./action";
import { needCase } from "./lookup";

export function offerAttaching(contact: ContactRow): void {
  go(`/attach?contact=${contact.id}`);
  focusIn("#attach-title");
}

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
  keys: {
    key: "t",
    text: "key.attach",
    press() {
      const contact = currentContact();
      if (contact && attach.predicate(contact)) offerAttaching(contact);
      else say(t("attach.no_contact"), true);
    },
  },
  command: {
    verb: "T",
    aliases: ["attach"],
    args: ["case", "contact"],
    usage: "usage.attach",
    async run(rest) {
      const [id, given, ...more] = rest.split(/\s+/).filter(Boolean);
      if (!id || more.length) throw new Wrong(t("command.usage", { usage: t("usage.attach") }));
      if (!matterCase(id)) needCase(id);
      const contact = given ? rowOf("contact", given) : currentContact();
      if (!contact) throw new Wrong(t(given ? "command.no_contact" : "attach.no_contact", { id: given ?? "" }));
      if (!attach.predicate(contact)) throw new Wrong(t("command.not_allowed"));
      await attach.perform(contact, { case: id });
      go(`/case/${id}`);
      return t("attach.done", { contact: contact.id, id });
    },
  },
};
