/* Editing by three ways: what a field said at the beginning, what the operator made of it, what it says now. */
import type { CaseRow } from "../shared/types";
import { position } from "./actions/lookup";

export type Values = Record<string, string>;
export interface Base { version: number; values: Values }
export type Changes = Record<string, string | number | boolean | null>;

const personal = ["address", "description", "caller_name", "caller_number"] as const;
const names = ["class", "priority", "position", "verified", ...personal] as const;

export function valuesOf(row: CaseRow): Values {
  return {
    class: row.class,
    priority: String(row.priority),
    position: row.lat === null || row.lon === null ? "" : `${row.lat}, ${row.lon}`,
    verified: row.address_verified ? "yes" : "",
    address: row.personal?.address ?? "",
    description: row.personal?.description ?? "",
    caller_name: row.personal?.caller_name ?? "",
    caller_number: row.personal?.caller_number ?? "",
  };
}

const differs = (a: Values, b: Values, name: string): boolean => (a[name] ?? "").trim() !== (b[name] ?? "").trim();

/* The body of the change: only what differs from the beginning; what was emptied is null. */
export function changesOf(now: Values, before: Values): Changes {
  const fields: Changes = {};
  if (differs(now, before, "class")) fields.class = now.class ?? "";
  if (differs(now, before, "priority")) fields.priority = Number(now.priority);
  if (differs(now, before, "verified")) fields.address_verified = now.verified === "yes";
  if (differs(now, before, "position")) Object.assign(fields, position(now.position ?? "") ?? { lat: null, lon: null });
  for (const name of personal) if (differs(now, before, name)) fields[name] = (now[name] ?? "").trim() || null;
  return fields;
}

/* Fields that the operator and somebody else have changed, and not to the same. */
export function conflictsOf(now: Values, base: Base, fresh: Base): string[] {
  return names.filter((name) =>
    differs(now, base.values, name) && differs(fresh.values, base.values, name) && differs(now, fresh.values, name));
}

/* The same edits on top of what the fields say now. */
export function rebase(now: Values, base: Base, fresh: Base): Values {
  const next: Values = { base: JSON.stringify(fresh) };
  for (const name of names) next[name] = (differs(now, base.values, name) ? now[name] : fresh.values[name]) ?? "";
  return next;
}
