import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Reply } from "../../shared/types";
import type { Channel, Interpreter } from "../../shared/words";
import { focusFirst } from "../ui/focus";
import { go, mayTake } from "../state";
import type { Action } from "./action";

export interface TakeArgs {
  channel: Channel; answered: boolean; number?: string; name?: string; text?: string;
  language?: string; interpreter?: Interpreter;
}

export const takeContact: Action<void, TakeArgs> = {
  name: "take_contact",
  label: "contacts.new",
  predicate: mayTake,
  perform: (_, args, key) =>
    change<Reply<"contact">>({
      path: "/v1/contacts", body: args, label: t("action.contact"), ...(key ? { key } : {}),
    }),
  keys: {
    key: "k",
    text: "key.new_contact",
    press() {
      go("/contact");
      focusFirst("#contact-form");
    },
  },
};
