/* What the desk tells a citizen (src/api/public*.c), and what follows from it for the page. */
import type { Label } from "./i18n";

export interface Offer { name: string; title: Label; next: Label; example: boolean }

export interface ReceiptDocument {
  format: string; desk: string; code: string; reference: string; procedure: string; received_at: string;
  content_hash: string; promised_at: string | null; promise_unit: string | null; provisional: boolean;
  issued_at: string; previous: string | null; key: string; signature: string; paused_since?: string; paused_because?: string;
}
export interface Receipt { code: string; document: ReceiptDocument; qr: string }

export interface FieldDef { name: string; label: Label; type: string; words?: { word: string; label: Label }[] }
export interface Text extends FieldDef { value: string | number | boolean }
export interface Choice { event: string; label?: Label; fields: FieldDef[] }
export interface PublicPromise {
  clock: string; label: Label; due_at_ms: number | null; paused: boolean; provisional: boolean;
  stopped_at_ms: number | null; breached_at_ms: number | null; yours: boolean;
}
export interface Moved {
  at_ms: number; clock: string; label: Label; why: string; from_ms: number | null; to_ms: number | null; reason?: string;
}
export interface Rating {
  may: boolean; level: number; solved: boolean | null; check_due_at_ms: number | null; checked_at_ms: number | null;
}
export interface PublicCase {
  reference: string; procedure: string; title: Label; state: string; label: Label; next: Label; reply: Label; remedies: Label;
  closed: boolean; joined: boolean; received_at_ms: number; due_at_ms: number | null; waiting_for_you: boolean;
  waiting_for: Label | null; supervised: boolean; promises: PublicPromise[]; texts: Text[]; choices: Choice[]; rating: Rating;
  notices: { at_ms: number; text: Label }[]; moved: Moved[]; steps: { at_ms: number; state: string; label: Label }[];
  now_ms: number;
}

/* Where a promise stands.  Overdue is computed, as everywhere at the desk; a breach is what is on record. */
export type Standing = "running" | "paused" | "overdue" | "kept" | "late" | "ended";

export function standing(promise: PublicPromise, nowMs: number, closed: boolean): Standing {
  if (promise.stopped_at_ms !== null) {
    const due = promise.due_at_ms;
    return promise.breached_at_ms !== null || (due !== null && promise.stopped_at_ms > due) ? "late" : "kept";
  }
  if (closed) return promise.breached_at_ms !== null ? "overdue" : "ended";
  if (promise.paused) return "paused";
  if (promise.breached_at_ms !== null || (promise.due_at_ms !== null && promise.due_at_ms < nowMs)) return "overdue";
  return "running";
}

/* The promise that answers "until when": what is asked of the citizen while all wait for them, else what was promised
 * to them; of several the earliest that has a date. */
export function leading(matter: PublicCase): PublicPromise | null {
  const open = matter.promises.filter((each) => each.stopped_at_ms === null && each.yours === matter.waiting_for_you);
  const dated = open.filter((each) => each.due_at_ms !== null).sort((a, b) => (a.due_at_ms ?? 0) - (b.due_at_ms ?? 0));
  return dated[0] ?? open[0] ?? null;
}

/* What somebody typed as a code, as it goes into an address; null when it can be none.  Full-width letters, small
 * ones, spaces and hyphens are the desk's to read (src/vault/receipt.h): here only what could not be one is kept out. */
export function typedCode(text: string): string | null {
  const code = text.normalize("NFKC").toUpperCase().replace(/[\s\u2010-\u2015_]+/g, "-");
  return /^BM[A-Z0-9-]{8,62}$/.test(code) ? code : null;
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/* A text of the desk's limits (src/api/public_acts.c), in bytes. */
export const LIMITS = { text: 16000, name: 200, number: 64, rating: 4000 } as const;
