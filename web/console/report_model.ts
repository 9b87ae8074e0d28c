/* Reports as the desk answers them, and how a period is asked for. */
import type { Id } from "../shared/types";

export type Measure = "answer" | "processing" | "dispatch" | "acknowledge" | "turnout" | "travel" | "on_scene" | "response" | "report_back";
export const measures: readonly Measure[] = ["answer", "processing", "dispatch", "acknowledge", "turnout", "travel", "on_scene", "response", "report_back"];
export const certainties = ["text", "excerpt", "secondary", "general", "local"] as const;
export interface Band {
  name: string; measure: Measure; most_ms: number; percent: number; class: string; priority: number; source: string; certainty: string;
}
export interface BandRow extends Band { id: Id; active: boolean; version: number }
export interface Share { numerator: number; denominator: number; denominator_offered?: number; held: boolean | null }
interface Answered {
  seq: number; now_ms: number; from_ms: number; to_ms: number; jurisdiction: Id | null; by: string | null; bands_of: "desk" | "presets"; bands: Band[];
  left_out: Record<string, number>;
}
interface Keyed { at_ms?: number; operator?: Id | null; line?: string; class?: string; priority?: number; agency?: Id | null; unit?: Id | null }
export interface AnswerGroup extends Keyed {
  offered: number; answered: number; abandoned: number; abandoned_short: number; ringing: number; elsewhere: number; out_of_order: number;
  median_ms: number | null; p90_ms: number | null; p95_ms: number | null; longest_ms: number | null; bands: Share[]; results: Record<string, number>;
}
export interface AnswerReport extends Answered { short_ms: number; all: AnswerGroup; groups: AnswerGroup[] }
export interface IntervalFigure {
  measure: Measure; of: "all" | "first"; count: number; missing: number; called_off: number; out_of_order: number;
  median_ms: number | null; p90_ms: number | null; longest_ms: number | null; bands: Share[];
}
export interface IntervalGroup extends Keyed {
  cases: number; without_unit: number; units: number; out_of_order: number; turned_back: { numerator: number; denominator: number };
  ended: Record<string, number>; figures: IntervalFigure[];
}
export interface IntervalReport extends Answered { all: IntervalGroup; groups: IntervalGroup[] }

export const groupings = {
  answer: ["none", "hour", "day", "operator", "line"],
  intervals: ["none", "class", "priority", "agency", "unit"],
} as const;
export type Which = keyof typeof groupings;

export interface Asked { from: string; to: string; area: string; by: string }

/* From the first day's midnight of this clock to the last day's end; empty: from the beginning, or until now. */
export function queryOf(asked: Asked): URLSearchParams {
  const parts = new URLSearchParams();
  if (asked.from) parts.set("from_ms", String(new Date(`${asked.from}T00:00`).getTime()));
  if (asked.to) {
    const end = new Date(`${asked.to}T00:00`);
    end.setDate(end.getDate() + 1);
    parts.set("to_ms", String(end.getTime()));
  }
  if (asked.area) parts.set("jurisdiction", asked.area);
  if (asked.by && asked.by !== "none") parts.set("by", asked.by);
  parts.set("zone_min", String(-new Date(asked.from ? `${asked.from}T00:00` : Date.now()).getTimezoneOffset()));
  return parts;
}

/* What groups of two periods have in common: hours and days have nothing. */
export const keyOf = (group: Keyed): string =>
  JSON.stringify([group.operator, group.line, group.class, group.priority, group.agency, group.unit]);

export function percent(share: Share): string {
  return share.denominator ? `${((100 * share.numerator) / share.denominator).toFixed(1)} %` : "–";
}

/* --- what was changed in a case, field by field ------------------------------------------------------------- */

export interface FieldChange { field: string; old: string; new: string }
interface Said { kind: string; body: Record<string, unknown>; personal: Record<string, string> | null }

const plain = ["class", "priority", "jurisdiction", "owner"];
const opens = new Set(["case_opened", "case_changed", "sealed_set"]);

/* For each event what it made other than it was; the first value of a field is no change. */
export function changesOf(events: readonly Said[]): FieldChange[][] {
  const known = new Map<string, string>();
  return events.map((event) => {
    if (!opens.has(event.kind) || event.body.contact) return [];
    const given: [string, string][] = plain.filter((name) => name in event.body).map((name) => [name, String(event.body[name] ?? "")]);
    if ("lat" in event.body) given.push(["place", event.body.lat === null ? "" : `${String(event.body.lat)}, ${String(event.body.lon)}`]);
    for (const [name, text] of Object.entries(event.personal ?? {})) given.push([name, text]);
    const changes = given.filter(([name, next]) => known.has(name) && known.get(name) !== next)
      .map(([field, next]) => ({ field, old: known.get(field) ?? "", new: next }));
    for (const [name, next] of given) known.set(name, next);
    return changes;
  });
}
