import { t, word } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { isCaseOpen, outcomes, type Outcome } from "../../shared/words";
import { tick } from "../first_steps";
import { changeOwn } from "../own_changes";
import { focusIn } from "../ui/focus";
import { mayTake, shownCase } from "../state";
import { Wrong, type Action } from "./action";
import { findWord, needCase, split } from "./lookup";

export const closeCase: Action<CaseRow, { outcome: Outcome }> = {
  name: "close_case",
  label: "sheet.close",
  predicate: (row) => mayTake() && isCaseOpen(row.state),
  async perform(row, args, key) {
    const reply = await changeOwn(row.id, {
      path: `/v1/cases/${row.id}/events`,
      body: { event: "close", fields: { outcome: args.outcome } },
      ifMatch: row.version,
      label: t("action.close_case", { id: row.id }),
      ...(key ? { key } : {}),
    });
    tick("close");
    return reply;
  },
  keys: { key: "x", text: "key.close_case", press: () => void (shownCase.value && focusIn("#close-form select")) },
  command: {
    verb: "C",
    aliases: ["close"],
    args: ["case", "outcome"],
    usage: "usage.close",
    async run(rest) {
      const [id, given] = split(rest);
      if (!id || !given) throw new Wrong(t("command.usage", { usage: t("usage.close") }));
      const row = needCase(id);
      const outcome = findWord(outcomes, given, (each) => word("outcome", each)) as Outcome | undefined;
      if (!outcome) throw new Wrong(t("command.no_status", { text: given, known: outcomes.map((each) => word("outcome", each)).join(t("rec.and")) }));
      if (!closeCase.predicate(row)) throw new Wrong(t("command.not_allowed"));
      await closeCase.perform(row, { outcome });
      return t("action.close_case", { id });
    },
  },
};
