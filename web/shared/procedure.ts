/* What a published procedure says (the content of GET /v1/editions/{id}): the words in which people see a matter.
 * Pure; a name that the file does not explain stands for itself. */
import type { Lang } from "./i18n";

export type Label = { [L in Lang]?: string };
export type FieldType = "text" | "choice" | "date" | "yes_no" | "integer" | "place" | "person";
export interface FieldDef { type: FieldType; privacy?: string; label: Label; words?: Record<string, Label> }
export interface RowDef { event: string; by: string[] }
export interface StateDef {
  category?: string; owner?: string; waits_for?: string; public?: Label; next?: Label; label?: Label;
  states?: Record<string, StateDef>; on?: RowDef[];
}
export interface RegionDef { owner?: string; states: Record<string, StateDef>; on?: RowDef[] }
export interface Content {
  procedure: string; title: Label;
  roles: Record<string, { body: string; label: Label }>;
  fields?: Record<string, FieldDef>;
  events: Record<string, { label: Label; approval?: unknown }>;
  clocks?: Record<string, { label: Label; anchor?: string; kind?: string }>;
  templates?: Record<string, Label>;
  regions: { handling: RegionDef; responsibility?: RegionDef; supervision?: RegionDef };
  hand_over?: { offer: string; acknowledge: string; refuse: string; timeout: string; returns: number; arbitration: string };
  survey?: { check_by: string };
}
export type RegionName = keyof Content["regions"];

export function inWords(label: Label | undefined, lang: Lang, name: string): string {
  return label?.[lang] ?? label?.en ?? label?.["zh-Hans"] ?? name;
}

function within(states: Record<string, StateDef> | undefined, name: string): StateDef | undefined {
  for (const [each, state] of Object.entries(states ?? {})) {
    const found = each === name ? state : within(state.states, name);
    if (found) return found;
  }
  return undefined;
}

export const stateOf = (content: Content | undefined, region: RegionName, name: string): StateDef | undefined =>
  within(content?.regions[region]?.states, name);

/* In whatever region it is: state names do not repeat in a procedure. */
export function stateText(content: Content | undefined, name: string, lang: Lang): string {
  for (const region of ["handling", "responsibility", "supervision"] as const) {
    const found = stateOf(content, region, name);
    if (found) return inWords(found.label ?? found.public, lang, name);
  }
  return name;
}

export const roleText = (content: Content | undefined, name: string, lang: Lang): string =>
  inWords(content?.roles[name]?.label, lang, name);
export const eventText = (content: Content | undefined, name: string, lang: Lang): string =>
  inWords(content?.events[name]?.label, lang, name);
export const clockText = (content: Content | undefined, name: string, lang: Lang): string =>
  inWords(content?.clocks?.[name]?.label, lang, name);
export const fieldText = (content: Content | undefined, name: string, lang: Lang): string =>
  inWords(content?.fields?.[name]?.label, lang, name);

/* Posts that people of the house can hold: not the citizen's, not the engine's. */
export function postsOf(content: Content): string[] {
  return Object.entries(content.roles)
    .filter(([, role]) => role.body !== "citizen" && role.body !== "engine").map(([name]) => name);
}

/* Whether `posts` ("clerk letter:handler") hold a role of a procedure. */
export function holds(posts: string, procedure: string, role: string): boolean {
  return role !== "" && posts.split(/\s+/).some((post) => post === role || post === `${procedure}:${role}`);
}
