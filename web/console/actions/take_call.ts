/* A call that another operator answered: taken from them as they have it now, so that of two takers one wins. */
import { change } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import { mayTake, me, say } from "../state";
import { sayRefusal } from "../ui/button";
import { Wrong, type Action } from "./action";
import { openFor } from "./answer";

export const takeCall: Action<ContactRow> = {
  name: "take_call",
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
    text: "key.take_call",
    press: () => void takeLast("").catch((error: unknown) => {
      if (error instanceof Wrong) say(error.message, true);
      else sayRefusal(error);
    }),
  },
  command: {
    verb: "TC",
    usage: "usage.take_call",
    run: async (rest) => t("contacts.row", { id: await takeLast(rest) }),
  },
};

/* The named one, or what others answered last and have on no incident yet. */
async function takeLast(named: string): Promise<string> {
  const last = [...rows("contact").values()].filter((each) => takeCall.predicate(each) && each.case === null)
    .sort((a, b) => (b.answered_at_ms ?? 0) - (a.answered_at_ms ?? 0))[0];
  const contact = named ? row("contact", named) : last;
  if (!contact || !takeCall.predicate(contact)) throw new Wrong(t("phone.none_to_take"));
  await takeCall.perform(contact);
  return contact.id;
}
