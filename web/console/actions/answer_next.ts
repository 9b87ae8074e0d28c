/* The oldest ringing contact, by one key. */
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ContactRow } from "../../shared/types";
import { mayTake, say } from "../state";
import { sayRefusal } from "../ui/button";
import { answer } from "./answer";
import { Wrong, type Action } from "./action";

/* Ringing before written, then the longest wait. */
export function nextContact(): ContactRow | undefined {
  const order = (each: ContactRow): number => (each.state === "ringing" ? 0 : 1);
  return [...rows("contact").values()].filter(answer.predicate)
    .sort((a, b) => order(a) - order(b) || (a.received_at_ms ?? 0) - (b.received_at_ms ?? 0))[0];
}

async function answerOldest(): Promise<ContactRow> {
  const contact = nextContact();
  if (!contact) throw new Wrong(t("contacts.none_rings"));
  await answer.perform(contact);
  return contact;
}

export const answerNext: Action<void> = {
  name: "answer_next",
  label: "contacts.answer_next",
  predicate: mayTake,
  perform: answerOldest,
  keys: {
    key: "c",
    text: "key.answer",
    press: () => void answerOldest().catch((error: unknown) => {
      if (error instanceof Wrong) say(error.message, true);
      else sayRefusal(error);
    }),
  },
  command: {
    verb: "A",
    aliases: ["answer", "claim"],
    usage: "usage.answer",
    async run() {
      if (!mayTake()) throw new Wrong(t("command.not_allowed"));
      return t("contacts.row", { id: (await answerOldest()).id });
    },
  },
};
