/* A file of classes, looked at before it is sent: what is wrong in it, by class and field; what it would change.
 * Pure.  The desk judges it again, and its word counts. */
import type { ClassRow } from "../shared/types";

export type Fault = "missing" | "type" | "twice" | "plan";
export interface ClassFault { class: string; field: string; fault: Fault; text: string }
export interface ClassesFile { classes: Record<string, unknown>[]; faults: ClassFault[] }

const texts = ["code", "name_en", "name_hans", "name_hant"] as const;
const numbers = ["priority", "dispatch_ms", "acknowledge_ms", "arrive_ms", "report_back_ms", "close_ms"] as const;
const optional = [
  "plan", "words_en", "words_hans", "words_hant", "questions_en", "questions_hans", "questions_hant",
] as const;

/* "ambulance:1 police:1; ambulance:2 engine:2": levels, each of capability:count. */
export function isPlan(text: string): boolean {
  const levels = text.split(";").map((level) => level.trim());
  return levels.every((level) => level !== "" && level.split(/\s+/).every((need) => /^[a-z0-9_]+:[1-9]\d{0,2}$/.test(need)));
}

function faultsOf(row: Record<string, unknown>, i: number): ClassFault[] {
  const name = typeof row.code === "string" && row.code ? row.code : `#${i + 1}`;
  const found: ClassFault[] = [];
  const add = (field: string, fault: Fault, text = ""): void => { found.push({ class: name, field, fault, text }); };
  for (const field of texts) {
    if (row[field] === undefined || row[field] === "") add(field, "missing");
    else if (typeof row[field] !== "string") add(field, "type");
  }
  for (const field of numbers) {
    if (row[field] === undefined) add(field, "missing");
    else if (!Number.isInteger(row[field])) add(field, "type");
  }
  for (const field of optional) {
    if (row[field] !== undefined && row[field] !== null && typeof row[field] !== "string") add(field, "type");
  }
  if (typeof row.plan === "string" && row.plan.trim() && !isPlan(row.plan)) add("plan", "plan", row.plan);
  return found;
}

/* A text that is no JSON or has no list throws an Error whose message says which. */
export function readClasses(text: string): ClassesFile {
  const value = JSON.parse(text) as unknown;
  const list = (value as { classes?: unknown } | null)?.classes;
  if (!Array.isArray(list)) throw new NoList();
  const faults: ClassFault[] = [];
  const seen = new Set<string>();
  const classes = list.map((each: unknown, i) => {
    const row = (typeof each === "object" && each !== null ? each : {}) as Record<string, unknown>;
    faults.push(...faultsOf(row, i));
    const code = String(row.code ?? "");
    if (code && seen.has(code)) faults.push({ class: code, field: "code", fault: "twice", text: "" });
    seen.add(code);
    return row;
  });
  return { classes, faults };
}

export class NoList extends Error {}

export interface Differences { added: string[]; changed: string[]; gone: string[] }

export function differences(file: readonly Record<string, unknown>[], now: Iterable<ClassRow>): Differences {
  const before = new Map([...now].filter((row) => row.active).map((row) => [row.code, row as unknown as Record<string, unknown>]));
  const added: string[] = [], changed: string[] = [];
  for (const row of file) {
    const code = String(row.code);
    const old = before.get(code);
    before.delete(code);
    if (!old) added.push(code);
    else if ([...texts, ...numbers, ...optional].some((field) => (row[field] ?? "") !== (old[field] ?? ""))) changed.push(code);
  }
  return { added, changed, gone: [...before.keys()] };
}
