/* Bad ratings that somebody has to look into: for whoever has the post that their procedure names, and for who takes calls.
 * Those that wait come with the board and its frames; those that were looked into lately are fetched beside it. */
import { computed, effect, signal, untracked } from "@preact/signals";
import { tryAsk } from "../shared/api";
import { rows } from "../shared/board";
import { holds } from "../shared/procedure";
import type { Id, RatingRow } from "../shared/types";
import { contentOf, openable } from "./editions";
import { myPosts } from "./matter_model";
import { boardLoads, mayTake } from "./state";

const DONE_SHOWN = 50;

const done = signal<readonly RatingRow[]>([]);

/* The post that looks into ratings of a procedure, in its current edition. */
function checkerOf(procedure: string): string {
  const edition = openable().find((each) => each.name === procedure);
  return (edition && contentOf(edition.id)?.survey?.check_by) || "";
}

const looksInto = (procedure: string): boolean => mayTake() || holds(myPosts.value, procedure, checkerOf(procedure));

/* Whether there is anything that this person would look into. */
export const hasRatings = computed(() => mayTake() || openable().some((each) => looksInto(each.name)));

export type RatingState = "overdue" | "next" | "done";
export const ratingState = (row: RatingRow, now: number): RatingState =>
  row.checked_at_ms !== null ? "done" : (row.check_due_at_ms ?? 0) < now ? "overdue" : "next";

/* What is due first comes first; then those that were looked into, the latest first. */
export function ratingsInOrder(list: readonly RatingRow[]): RatingRow[] {
  const first = (a: RatingRow, b: RatingRow): number =>
    a.checked_at_ms !== null && b.checked_at_ms !== null ? b.checked_at_ms - a.checked_at_ms
      : a.checked_at_ms !== null ? 1 : b.checked_at_ms !== null ? -1
        : (a.check_due_at_ms ?? 0) - (b.check_due_at_ms ?? 0) || Number(a.id) - Number(b.id);
  return [...list].sort(first);
}

const mine = computed(() => {
  const all = new Map<Id, RatingRow>(done.value.map((each) => [each.id, each]));
  for (const [id, each] of rows("rating")) all.set(id, each);
  return [...all.values()].filter((each) => looksInto(each.procedure));
});
export const badRatings = computed(() => mine.value.filter((each) => each.checked_at_ms === null));
export const ratingQueue = computed(() => {
  const over = ratingsInOrder(mine.value.filter((each) => each.checked_at_ms !== null));
  return [...ratingsInOrder(badRatings.value), ...over.slice(0, DONE_SHOWN)];
});

async function fetchDone(): Promise<void> {
  const answer = await tryAsk<{ rows: RatingRow[] }>(`/v1/ratings?newest=1&limit=${4 * DONE_SHOWN}`);
  if (answer) done.value = answer.rows.filter((each) => each.checked_at_ms !== null);
}

export function followRatings(): void {
  effect(() => {
    if (boardLoads.value) untracked(() => void fetchDone());
  });
}
