/* What came of the call in hand, with one key: nuisance and misdial end it; a silent call is rung back first. */
import { signal } from "@preact/signals";
import { t, type Key } from "../../shared/i18n";
import type { ContactRow, Id } from "../../shared/types";
import { currentContact } from "../offers";
import { go, mayTake, me, query, say } from "../state";
import { sayRefusal } from "../ui/button";
import { focusIn } from "../ui/focus";
import { Wrong, type Action } from "./action";
import { endContact } from "./end_contact";

/* The call whose ringing back is being asked for. */
export const silentCall = signal<Id | null>(null);

const isMine = (contact: ContactRow): boolean =>
  mayTake() && contact.state === "answered" && contact.case === null && contact.operator === me.value?.operator;

function inHand(): ContactRow {
  const contact = currentContact();
  if (!contact || !isMine(contact)) throw new Wrong(t("phone.nobody"));
  return contact;
}

/* The form for its incident is open since it was answered, and there will be none. */
function leaveForm(id: Id): void {
  if (new URLSearchParams(query.value).get("contact") === id) go("/");
}

function tell(run: Promise<unknown>): void {
  void run.catch((error: unknown) => {
    if (error instanceof Wrong) say(error.message, true);
    else sayRefusal(error);
  });
}

function ends(result: "nuisance" | "misdial", key: string, text: Key, verb: string, usage: Key): Action<ContactRow> {
  const perform = async (contact: ContactRow): Promise<unknown> => {
    const reply = await endContact.perform(contact, { result });
    leaveForm(contact.id);
    return reply;
  };
  const run = async (): Promise<string> => {
    const contact = inHand();
    await perform(contact);
    return `${t("contacts.row", { id: contact.id })}: ${t(`phone.${result}`)}`;
  };
  return {
    name: result, label: `phone.${result}`, predicate: isMine, perform,
    keys: { key, text, press: () => tell(run().then((done) => say(done))) },
    command: { verb, usage, run },
  };
}

export const nuisance = ends("nuisance", "u", "key.nuisance", "NUI", "usage.nuisance");
export const misdial = ends("misdial", "w", "key.misdial", "MIS", "usage.misdial");

async function askBack(contact: ContactRow): Promise<unknown> {
  silentCall.value = contact.id;
  leaveForm(contact.id);
  focusIn("#silent-call button");
  return undefined;
}

export const silent: Action<ContactRow> = {
  name: "silent",
  label: "phone.silent",
  predicate: isMine,
  perform: askBack,
  keys: { key: "s", text: "key.silent", press: () => tell((async () => askBack(inHand()))()) },
  command: {
    verb: "SIL", usage: "usage.silent",
    async run() {
      await askBack(inHand());
      return t("phone.silent_title");
    },
  },
};
