/* What may follow in the command line, and which word of the usage is being written.  Pure: what there is on the
 * board comes in as `Sources`. */
export type ArgKind = "case" | "contact" | "unit" | "units" | "class" | "status" | "outcome" | "duty" | "text"
  | "matter" | "event" | "pair" | "procedure" | "queue";

export interface Word { value: string; hint?: string }
export interface Verb { verb: string; aliases?: readonly string[]; args?: readonly ArgKind[]; hint: string }
export interface Sources {
  verbs: readonly Verb[];
  /* `before`: the words already written after the verb. */
  words(kind: ArgKind, before: readonly string[]): readonly Word[];
}

export interface Completion {
  from: number; /* where in the line the word begins that a choice replaces */
  words: Word[];
  verb: string | null; /* the verb that stands there, as it is listed */
  arg: number; /* which argument is being written, from 0; -1: the verb itself */
}

export const OFFERED_MAX = 40;

export function findVerb(verbs: readonly Verb[], text: string): Verb | undefined {
  const lower = text.toLowerCase();
  return verbs.find((each) => each.verb.toLowerCase() === lower || each.aliases?.includes(lower));
}

/* Those that begin with it first, then those that hold it. */
function narrow(words: readonly Word[], typed: string): Word[] {
  const lower = typed.toLowerCase();
  const begins = words.filter((each) => each.value.toLowerCase().startsWith(lower));
  const holds = words.filter((each) => !begins.includes(each) &&
    (each.value.toLowerCase().includes(lower) || (each.hint ?? "").toLowerCase().includes(lower)));
  return [...begins, ...(typed ? holds : [])].slice(0, OFFERED_MAX);
}

function argAt(verb: Verb, at: number): ArgKind | undefined {
  const args = verb.args ?? [];
  const last = args[args.length - 1];
  if (at < args.length) return args[at];
  return last === "units" || last === "text" || last === "pair" ? last : undefined;
}

export function complete(line: string, sources: Sources): Completion {
  const lead = /^[\s/]*/.exec(line)?.[0].length ?? 0;
  const rest = line.slice(lead);
  const verbText = /^\S*/.exec(rest)?.[0] ?? "";
  if (verbText.length === rest.length) {
    const all = sources.verbs.map((each) => ({ value: each.verb, hint: each.hint }));
    const named = findVerb(sources.verbs, verbText);
    const found = named ? all.filter((each) => each.value === named.verb) : narrow(all, verbText);
    return { from: lead, words: found, verb: named?.verb ?? null, arg: -1 };
  }
  const verb = findVerb(sources.verbs, verbText);
  const from = lead + (/\S*$/.exec(rest) as RegExpExecArray).index;
  const before = line.slice(lead + verbText.length, from).trim().split(/\s+/).filter(Boolean);
  if (!verb) return { from, words: [], verb: null, arg: before.length };
  const kind = argAt(verb, before.length);
  if (!kind || kind === "text") return { from, words: [], verb: verb.verb, arg: before.length };
  const used = new Set(kind === "units" ? before.map((each) => each.toLowerCase()) : []);
  const words = sources.words(kind, before).filter((each) => !used.has(each.value.toLowerCase()));
  return { from, words: narrow(words, line.slice(from)), verb: verb.verb, arg: before.length };
}
