/* A call that another operator answered: taken from them as they have it now, so that of two takers one wins. */
import { change } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { mayTake, me, say } from "../state";
import { sayRefusal } from "../ui/button";
import { Wrong, type Action } from "./action";
import { openFor } from "./answer";

export const takeOver: Action<ContactRow> = {
  name: "take_over",
  label: "phone.take",
  predicate: (contact) => mayTake() && contact.state === "answered" && contact.operator !== me.value?.operator,
  async perform(contact) {
    const reply = await change<Reply<"contact">>({
      path: `/v1/contacts/${contact.id}/take`, body: { from: contact.operator },
      label: t("action.contact_move", { id: contact.id }),
    });
    if (!contact.case) openFor(contact);
    return reply;
  },
  keys: {
    key: "g",
    text: "key.take_over",
    press: () => void takeLast("").catch((error: unknown) => {
      if (error instanceof Wrong) say(error.message, true);
      else sayRefusal(error);
    }),
  },
  command: {
    verb: "TAKE",
    usage: "usage.take_over",
    run: async (rest) => t("contacts.row", { id: await takeLast(rest) }),
  },
};

/* The named one, or what others answered last and have on no incident yet. */
async function takeLast(named: string): Promise<string> {
  const last = [...rows("contact").values()].filter((each) => takeOver.predicate(each) && each.case === null)
    .sort((a, b) => (b.answered_at_ms ?? 0) - (a.answered_at_ms ?? 0))[0];
  const contact = named ? row("contact", named) : last;
  if (!contact || !takeOver.predicate(contact)) throw new Wrong(t("phone.none_to_take"));
  await takeOver.perform(contact);
  return contact.id;
}
