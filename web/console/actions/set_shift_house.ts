/* What an administrator sets up for shifts: positions at the desk, duty levels, rest rules. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { AgencyRow, DeskPositionRow, DutyLevelRow, DutyRuleRow, Id, Reply } from "../../shared/types";
import { may } from "../state";
import type { Action } from "./action";

const made = (path: string, of: { id: Id; version: number } | undefined) =>
  of ? { method: "PUT" as const, path: `${path}/${of.id}`, ifMatch: of.version } : { path };

export interface PositionArgs {
  code: string; name: string; jurisdiction: Id; lines: string; next: Id | null; rollover_ms: number | null; inactive: boolean;
}
export const setPosition: Action<DeskPositionRow | undefined, PositionArgs> = {
  name: "set_position",
  label: "admin.set_position",
  predicate: () => may("admin"),
  perform: (of, args, key) =>
    change<Reply<"desk_position">>({
      ...made("/v1/desk-positions", of), body: args, label: t("action.seat", { code: args.code }), ...(key ? { key } : {}),
    }),
};

export interface LevelArgs {
  code: string; name: string; rank: number; jurisdiction: Id; units: readonly Id[]; agencies: readonly Id[]; inactive: boolean;
}
export const setLevel: Action<DutyLevelRow | undefined, LevelArgs> = {
  name: "set_level",
  label: "admin.set_level",
  predicate: () => may("admin"),
  perform: (of, args, key) =>
    change<Reply<"duty_level">>({
      ...made("/v1/duty-levels", of), body: args, label: t("action.level", { name: args.name }), ...(key ? { key } : {}),
    }),
};

export interface RuleArgs { least_rest_ms: number | null; longest_ms: number | null; known: DutyRuleRow | undefined }
export const setRule: Action<AgencyRow, RuleArgs> = {
  name: "set_rule",
  label: "admin.set_rule",
  predicate: () => may("admin"),
  perform: (agency, { known, ...body }, key) =>
    change<Reply<"duty_rule">>({
      method: "PUT", path: `/v1/agencies/${agency.id}/duty-rule`, body, label: t("action.rule"),
      ...(known ? { ifMatch: known.version } : {}), ...(key ? { key } : {}),
    }),
};
