/* Another agency's part in an incident, or what else is opened out of it: "CA 12 fire" has the agency with that code join in
 * case 12, "CA 12 fire leads" take the lead. */
import { change } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { AgencyRow, CaseRow, Id, Reply } from "../../shared/types";
import { isCaseOpen } from "../../shared/words";
import { mayTake } from "../state";
import { Wrong, type Action } from "./action";

export type Branch = "call_agency" | "civil_part" | "mediate" | "supervise";
export type Part = "joins" | "leads";
export interface BranchArgs { event: Branch; agency?: Id; part?: Part }

export const agencyByCode = (code: string): AgencyRow | undefined =>
  [...rows("agency").values()].find((each) => each.active && each.code.toLowerCase() === code.toLowerCase());

export const branch: Action<CaseRow, BranchArgs> = {
  name: "branch",
  label: "parts.call",
  predicate: (row) => mayTake() && isCaseOpen(row.state),
  perform: (row, args, key) =>
    change<Reply<"case">>({
      path: `/v1/cases/${row.id}/events`, body: args, label: t("action.branch", { id: row.id }), ...(key ? { key } : {}),
    }),
  command: {
    verb: "CA",
    args: ["case", "text"],
    usage: "usage.branch",
    async run(rest) {
      const [id = "", code = "", how = "joins"] = rest.trim().split(/\s+/);
      const on = row("case", id), agency = agencyByCode(code);
      if (!id || !code || (how !== "joins" && how !== "leads")) throw new Wrong(t("command.usage", { usage: t("usage.branch") }));
      if (!on) throw new Wrong(t("command.no_case", { id }));
      if (!agency) throw new Wrong(t("parts.no_agency", { code }));
      if (!branch.predicate(on)) throw new Wrong(t("command.not_allowed"));
      const reply = (await branch.perform(on, { event: "call_agency", agency: agency.id, part: how })) as Reply<"case">;
      return t("parts.called", { agency: agency.name, id: reply.case.id });
    },
  },
};
