import { change } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import type { Duty } from "../../shared/words";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";
import { needUnit, split } from "./lookup";

/* So many in one command; of more, several are sent. */
export const BULK_MAX = 128;

export interface BulkArgs { units: readonly Id[]; duty: Duty; skip_busy: boolean }
const shorts: Record<string, Duty> = { on: "on_duty", off: "off_duty", out: "out_of_service" };

/* True when some were passed over because they are on a case. */
async function perform({ units, duty, skip_busy }: BulkArgs): Promise<boolean> {
  let flagged = false;
  for (let at = 0; at < units.length; at += BULK_MAX) {
    const reply = await change<Reply<"unit"> & { flagged: boolean }>({
      path: "/v1/duty", body: { units: units.slice(at, at + BULK_MAX), duty, skip_busy }, label: t("action.bulk", { n: units.length }),
    });
    flagged ||= reply.flagged;
  }
  return flagged;
}

export const bulkText = (args: BulkArgs, flagged: boolean): string =>
  flagged ? t("people.bulk_some") : t("people.bulk_done", { n: args.units.length, duty: word("duty", args.duty) });

export const dutyBulk: Action<void, BulkArgs> = {
  name: "duty_bulk",
  label: "people.bulk",
  predicate: () => maySend(),
  perform: (_, args) => perform(args),
  command: {
    verb: "DU",
    aliases: ["批量"],
    args: ["text"],
    usage: "usage.bulk",
    async run(rest) {
      const [given, named] = split(rest);
      const duty = shorts[given.toLowerCase()], words = named.split(/\s+/).filter(Boolean);
      const skip_busy = words[words.length - 1]?.toLowerCase() === "skip";
      const units = (skip_busy ? words.slice(0, -1) : words).map((each) => needUnit(each).id);
      if (!duty || !units.length) throw new Wrong(t("command.usage", { usage: t("usage.bulk") }));
      if (!maySend()) throw new Wrong(t("command.not_allowed"));
      const args = { units, duty, skip_busy };
      return bulkText(args, await perform(args));
    },
  },
};
