/* The copy that a console keeps of its board, for when neither desk nor network are there: in the browser's cache storage,
 * which a page has only over https or on the machine itself.  One copy per browser: it is written over every minute, wiped
 * when its operator logs out or somebody else logs in, and of no use to anybody when it is old. */
import type { Board, Me, Sheet, TimelineEvent } from "./types";

export interface SavedSheet { sheet: Sheet; timeline: readonly TimelineEvent[] }
export interface Copy {
  format: 1; saved_at_ms: number; me: Me; who: string; board: Board; sheets: SavedSheet[];
}

export const COPY_MAX_AGE_MS = 12 * 60 * 60 * 1000; /* a shift: older ones are wiped unread */
const STORE = "bellman-copy";
const PLACE = "/saved/board.json";

export const canKeep = (): boolean => "caches" in globalThis;

/* Whether a copy of that moment may still be shown; one from the future was made under another clock. */
export const isFresh = (savedAtMs: number, nowMs: number): boolean =>
  savedAtMs <= nowMs + 60_000 && nowMs - savedAtMs <= COPY_MAX_AGE_MS;

export async function writeCopy(copy: Copy): Promise<void> {
  const store = await caches.open(STORE);
  await store.put(PLACE, new Response(JSON.stringify(copy), { headers: { "Content-Type": "application/json" } }));
}

export async function wipeCopy(): Promise<void> {
  if (canKeep()) await caches.delete(STORE);
}

/* null when there is none that may be shown; one that is too old, or that another version of the page wrote, is wiped. */
export async function readCopy(nowMs: number): Promise<Copy | null> {
  if (!canKeep()) return null;
  const found = await (await caches.open(STORE)).match(PLACE);
  if (!found) return null;
  const copy = (await found.json()) as Copy;
  if (copy.format === 1 && isFresh(copy.saved_at_ms, nowMs)) return copy;
  await wipeCopy();
  return null;
}
