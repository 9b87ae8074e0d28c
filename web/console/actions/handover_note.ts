import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { HandoverRow, Reply } from "../../shared/types";
import { fetchHandover } from "../shift_model";
import { mayTake, me } from "../state";
import { Wrong, type Action } from "./action";
import { split } from "./lookup";

export interface NoteArgs { text: string; shift?: string }

export const leaveNote: Action<void, NoteArgs> = {
  name: "handover_note",
  label: "shift.leave_note",
  predicate: () => mayTake(),
  perform: (_, args, key) =>
    change<Reply<"handover">>({ path: "/v1/handover-notes", body: args, label: t("action.note_left"), ...(key ? { key } : {}) }),
  command: {
    verb: "HAND",
    aliases: ["交班"],
    args: ["text"],
    usage: "usage.handover",
    async run(rest) {
      const [first, second] = split(rest);
      if (!mayTake()) throw new Wrong(t("command.not_allowed"));
      const note = first.toLowerCase() === "take" && /^\d+$/.test(second) ? rows("handover").get(second) : undefined;
      if (note) {
        await takeNote.perform(note);
        return t("shift.note_taken");
      }
      if (!first || (first.toLowerCase() === "take" && /^\d*$/.test(second))) throw new Wrong(t("command.usage", { usage: t("usage.handover") }));
      await leaveNote.perform(undefined, { text: rest });
      return t("shift.note_left");
    },
  },
};

export const takeNote: Action<HandoverRow> = {
  name: "take_note",
  label: "shift.note_take",
  predicate: (note) => mayTake() && note.taken_at_ms === null && note.left_by !== me.value?.operator,
  perform: async (note) => {
    await change<Reply<"handover">>({ path: `/v1/handover-notes/${note.id}/take`, label: t("action.note_left") });
    await fetchHandover();
  },
};
