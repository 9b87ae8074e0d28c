/* What an operator can do.  One file per action; buttons, keys and the command line are fed from the list in
 * registry.ts, so that whatever can be done with one of them can be done with the others. */
import type { Key } from "../../shared/i18n";
import type { ArgKind } from "../completion";

export interface Action<Subject, Args = void> {
  name: string;
  label: Key;
  /* Whether role and state allow it; the desk decides again. */
  predicate(subject: Subject): boolean;
  /* `key` is the Idempotency-Key of a form that may have been sent before. */
  perform(subject: Subject, args: Args, key?: string): Promise<unknown>;
  /* A single key and what it does on the page: mostly, to go where the action is filled in. */
  keys?: { key: string; text: Key; press(): void };
  /* Its place in the command line: a letter, and what stands after it. */
  command?: {
    verb: string; usage: Key; run(rest: string): Promise<string>;
    aliases?: readonly string[]; /* whole words that mean the same, in small letters */
    args?: readonly ArgKind[]; /* what may be completed */
  };
}

/* What the command line answers when a line cannot be carried out. */
export class Wrong extends Error {}
