import { change } from "../../shared/api";
import { matterCase } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import { focusIn } from "../ui/focus";
import { mayTake, may, shownRecord } from "../state";
import { Wrong, type Action } from "./action";
import { needCase, split } from "./lookup";

export const note: Action<Id, { text: string }> = {
  name: "note",
  label: "sheet.add_note",
  predicate: () => mayTake() || may("unit"),
  perform: (id, args, key) =>
    change<Reply<"case">>({
      path: `/v1/cases/${id}/entries`,
      body: { text: args.text },
      label: t("action.note", { id }),
      ...(key ? { key } : {}),
    }),
  keys: { key: "n", text: "key.note", press: () => void (shownRecord.value && focusIn("#note-form textarea")) },
  command: {
    verb: "N",
    aliases: ["note"],
    args: ["case", "text"],
    usage: "usage.note",
    async run(rest) {
      const [id, text] = split(rest);
      if (!id || !text) throw new Wrong(t("command.usage", { usage: t("usage.note") }));
      if (!matterCase(id)) needCase(id);
      if (!note.predicate(id)) throw new Wrong(t("command.not_allowed"));
      await note.perform(id, { text });
      return t("action.note", { id });
    },
  },
};
