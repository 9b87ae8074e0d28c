/* Opening a matter, of a contact or from scratch: "ML letter 5" of contact 5, "ML letter The lamp is dark" with words. */
import { change } from "../../shared/api";
import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow, Id, Reply } from "../../shared/types";
import { editionTitle, openable } from "../editions";
import { go, mayMatters } from "../state";
import { focusFirst } from "../ui/focus";
import { Wrong, type Action } from "./action";
import { findWord, split } from "./lookup";

export interface NewMatterArgs {
  procedure: string; jurisdiction?: Id; contact?: Id; lat?: number; lon?: number; address?: string; description?: string;
  caller_name?: string; caller_number?: string;
}

export function offerMatter(contact?: ContactRow): void {
  go(contact ? `/matters/new?contact=${contact.id}` : "/matters/new");
  focusFirst("#matter-form");
}

export const newMatter: Action<void, NewMatterArgs> = {
  name: "new_matter",
  label: "matters.new",
  predicate: mayMatters,
  perform: (_, args, key) =>
    change<Reply<"case">>({ path: "/v1/matters", body: args, label: t("action.new_matter"), ...(key ? { key } : {}) }),
  keys: { key: "f", text: "key.new_matter", press: () => offerMatter() },
  command: {
    verb: "ML",
    args: ["procedure", "contact", "text"],
    usage: "usage.new_matter",
    async run(rest) {
      const [given, after] = split(rest);
      const editions = openable();
      const name = findWord(editions.map((each) => each.name), given, (each) => {
        const edition = editions.find((other) => other.name === each);
        return edition ? editionTitle(edition) : each;
      });
      if (!given) throw new Wrong(t("command.usage", { usage: t("usage.new_matter") }));
      if (!name) throw new Wrong(t("matter.no_procedure", { text: given, known: editions.map((each) => each.name).join(t("rec.and")) || "–" }));
      const contact = /^\d+$/.test(after) ? row("contact", after) : undefined;
      if (/^\d+$/.test(after) && !contact) throw new Wrong(t("command.no_contact", { id: after }));
      if (!newMatter.predicate()) throw new Wrong(t("command.not_allowed"));
      const args: NewMatterArgs = { procedure: name };
      if (contact) args.contact = contact.id;
      else if (after) args.description = after;
      const reply = (await newMatter.perform(undefined, args)) as Reply<"case">;
      go(`/matter/${reply.case.id}`);
      return t("matter.opened", { id: reply.case.id });
    },
  },
};
