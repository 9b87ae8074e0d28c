/* Saves the board by itself every minute, and the sheets that were looked at here, so that this console can show and print
 * them without the desk.  Nothing is asked of the desk for it: what is saved is what the operator's own board shows, whose
 * looks are in the record already. */
import { effect, signal, untracked } from "@preact/signals";
import { loadBoard, rows, boardSeq } from "../shared/board";
import { canKeep, readCopy, wipeCopy, writeCopy, type Copy, type SavedSheet } from "../shared/copy";
import { setServerTime } from "../shared/time";
import type { Board, Id, Rows, Table } from "../shared/types";
import { sheet, timeline } from "./sheet_model";
import { boardLoaded, expired, heardAt, link, me, operatorName } from "./state";

const EVERY_MS = 60_000;
const SOON_MS = 1000;
export const SAVED_ROWS_MAX = 5000; /* of each table: the board of a large city is printed from its own desk */
export const SAVED_SHEETS_MAX = 40; /* those looked at last */
const SHELL = "bellman-shell";
const saved: readonly Table[] = ["agency", "unit", "operator", "class", "contact", "case", "assignment", "clock"];

export type Keeping = { state: "none" } | { state: "saved"; at_ms: number } | { state: "failed"; reason: string };
export const keeping = signal<Keeping>(canKeep() ? { state: "none" } : { state: "failed", reason: "" });
/* The copy that is shown because the desk was not there when the page was loaded. */
export const shownCopy = signal<Copy | null>(null);

const looked = new Map<Id, SavedSheet>();

/* Pure: the board as it is saved. */
export function boardOf(read: <T extends Table>(table: T) => ReadonlyMap<Id, Rows[T]>, seq: number, nowMs: number): Board {
  const board: Board = { seq, now_ms: nowMs, rows: {} };
  for (const table of saved) (board.rows as Record<string, unknown>)[table] = [...read(table).values()].slice(0, SAVED_ROWS_MAX);
  return board;
}

/* Those of open incidents, the latest looks last. */
function sheetsNow(): SavedSheet[] {
  for (const id of looked.keys()) if (!untracked(() => rows("case")).has(id)) looked.delete(id);
  return [...looked.values()];
}

export async function saveNow(): Promise<void> {
  const who = me.peek();
  if (!who || !boardLoaded.peek() || expired.peek() || link.peek() !== "live" || !canKeep()) return;
  const at_ms = heardAt.peek(); /* shown: the desk's time; the copy's age is counted by this machine's */
  const copy: Copy = untracked(() => ({
    format: 1, saved_at_ms: Date.now(), me: who, who: operatorName(who.operator),
    board: boardOf(rows, boardSeq.value, at_ms), sheets: sheetsNow(),
  }));
  try {
    await writeCopy(copy);
    if (me.peek()?.operator !== who.operator || expired.peek()) return await wipeCopy(); /* logged out meanwhile */
    keeping.value = { state: "saved", at_ms };
  } catch (error) {
    keeping.value = { state: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/* The files that this page is made of, so that the worker can give them when the desk does not. */
async function keepShell(): Promise<void> {
  const own = performance.getEntriesByType("resource").map((each) => new URL(each.name))
    .filter((url) => url.origin === location.origin && /\.(js|css)$/.test(url.pathname)).map((url) => url.pathname);
  const files = ["/", ...new Set(own)];
  const store = await caches.open(SHELL);
  await store.addAll(files.map((file) => new Request(file, { cache: "no-cache" })));
  const kept = new Set(files);
  for (const request of await store.keys()) if (!kept.has(new URL(request.url).pathname)) await store.delete(request);
}

async function makeReady(): Promise<void> {
  try {
    await navigator.serviceWorker.register("/worker.js");
    await keepShell();
  } catch (error) {
    keeping.value = { state: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/* The desk does not answer and the page has nothing to show: what was saved here, if it is not too old. */
export async function showCopy(): Promise<void> {
  if (me.peek() || shownCopy.peek()) return;
  const copy = await readCopy(Date.now());
  if (!copy || me.peek() !== undefined) return;
  loadBoard(copy.board);
  setServerTime(Date.now());
  shownCopy.value = copy;
}

export async function forgetCopy(): Promise<void> {
  looked.clear();
  shownCopy.value = null;
  if (canKeep()) keeping.value = { state: "none" };
  await wipeCopy();
}

export function followSaving(): void {
  if (!canKeep()) return;
  effect(() => {
    const now = sheet.value;
    const events = timeline.value;
    if (!now) return;
    if (!looked.has(now.case.id)) setTimeout(() => void saveNow(), SOON_MS); /* opened just now: not only in a minute */
    looked.delete(now.case.id);
    looked.set(now.case.id, { sheet: now, timeline: events });
    for (const id of looked.keys()) {
      if (looked.size <= SAVED_SHEETS_MAX) break;
      looked.delete(id);
    }
  });
  let before: Id | null = null;
  effect(() => {
    const who = me.value;
    /* Logged out, the session over, or somebody else at this console: the copy was not theirs. */
    if (who === null || expired.value || (who && before && who.operator !== before)) void forgetCopy();
    if (who) {
      before = who.operator;
      shownCopy.value = null;
    }
  });
  effect(() => {
    if (boardLoaded.value && link.value === "live") untracked(() => void saveNow());
  });
  setInterval(() => void saveNow(), EVERY_MS);
  void makeReady();
}
