import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { ContactRow, Reply } from "../../shared/types";
import type { Interpreter } from "../../shared/words";
import { mayTake } from "../state";
import type { Action } from "./action";

export const noteLanguage: Action<ContactRow, { language: string; interpreter: Interpreter }> = {
  name: "note_language",
  label: "phone.note",
  predicate: (contact) => mayTake() && contact.state !== "ended",
  perform: (contact, args) =>
    change<Reply<"contact">>({
      method: "PATCH", path: `/v1/contacts/${contact.id}`, body: args, label: t("action.note_language", { id: contact.id }),
    }),
};
