/* An event of a matter as a form and as a line: which inputs it has, what is wrong in them, what is sent.  Pure. */
import type { Content, FieldDef } from "../shared/procedure";
import type { FieldValue, MatterChoice, Taken } from "../shared/types";

export interface Input { name: string; field: FieldDef | null; take: Taken | null; required: boolean }
export interface EventArgs {
  event: string; fields: Record<string, FieldValue>; agency?: string; other?: string; class?: string;
}

/* The hash of an offer is copied by the page: whoever acknowledges has the offer before them. */
const copied = "offer_hash";

export function inputsOf(choice: MatterChoice, content: Content | undefined): Input[] {
  const fields = choice.needs.filter((name) => name !== copied).map((name): Input => ({
    name, field: content?.fields?.[name] ?? { type: "text", label: {} }, take: null, required: choice.missing.includes(name),
  }));
  return [...fields, ...choice.takes.map((take): Input => ({ name: take, field: null, take, required: true }))];
}

export type Objection = "missing" | "number" | "date" | "word";

function objection(input: Input, value: string): Objection | null {
  if (!value) return input.required ? "missing" : null;
  if (input.field?.type === "integer" && !/^-?\d{1,15}$/.test(value)) return "number";
  if (input.field?.type === "date" && !isDay(value)) return "date";
  if (input.field?.type === "choice" && !(value in (input.field.words ?? {}))) return "word";
  if (input.field?.type === "yes_no" && value !== "yes" && value !== "no") return "word";
  return null;
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

export function objectionsOf(inputs: readonly Input[], values: Record<string, string>): Record<string, Objection> {
  const found: Record<string, Objection> = {};
  for (const input of inputs) {
    const wrong = objection(input, values[input.name]?.trim() ?? "");
    if (wrong) found[input.name] = wrong;
  }
  return found;
}

/* `offerHash`: of the offer that stands, for the event that acknowledges it. */
export function eventArgs(
  choice: MatterChoice, inputs: readonly Input[], values: Record<string, string>, offerHash: string,
): EventArgs {
  const args: EventArgs = { event: choice.event, fields: {} };
  for (const input of inputs) {
    const value = values[input.name]?.trim() ?? "";
    if (!value) continue; /* what was filled in before stays */
    if (input.take) args[input.take] = value;
    else if (input.field?.type === "integer") args.fields[input.name] = Number(value);
    else if (input.field?.type === "yes_no") args.fields[input.name] = value === "yes";
    else args.fields[input.name] = value;
  }
  if (choice.needs.includes(copied)) args.fields[copied] = offerHash;
  return args;
}

/* "subject=Dark lamp in Elm Street kind=request": a value ends where the next name begins. */
export function readPairs(text: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  const marks = [...text.matchAll(/(?:^|\s)([a-z][a-z0-9_]*)=/g)];
  if (text.trim() && (!marks.length || text.slice(0, marks[0]?.index).trim())) return null;
  marks.forEach((mark, i) => {
    const begin = (mark.index ?? 0) + mark[0].length;
    found[mark[1] ?? ""] = text.slice(begin, marks[i + 1]?.index ?? text.length).trim();
  });
  return found;
}
