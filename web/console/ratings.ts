/* Bad ratings that somebody has to look into.  Their contacts have ended and are on no board: they are fetched once
 * with the board and followed through its frames.  Only who sees contacts sees them here; the sheet shows them all. */
import { effect, signal, untracked } from "@preact/signals";
import { tryAsk } from "../shared/api";
import type { ContactRow, Id } from "../shared/types";
import { boardLoads, mayTake, onFrame } from "./state";

export const badRatings = signal<ReadonlyMap<Id, ContactRow>>(new Map());

const LOOKED_THROUGH = 1000; /* the newest contacts: a bad rating is looked into within days */

export const isOpenCheck = (contact: ContactRow): boolean =>
  typeof contact.check_due_at_ms === "number" && typeof contact.checked_at_ms !== "number";

async function fetchRatings(): Promise<void> {
  if (!mayTake()) return;
  const answer = await tryAsk<{ rows: ContactRow[] }>(`/v1/contacts?newest=1&limit=${LOOKED_THROUGH}`);
  if (answer) badRatings.value = new Map(answer.rows.filter(isOpenCheck).map((each) => [each.id, each]));
}

export function followRatings(): void {
  onFrame((frame) => {
    const changed = (frame.upsert?.contact ?? []).filter((each) => isOpenCheck(each) || badRatings.peek().has(each.id));
    if (!changed.length) return;
    const next = new Map(badRatings.peek());
    for (const each of changed) {
      if (isOpenCheck(each)) next.set(each.id, each);
      else next.delete(each.id);
    }
    badRatings.value = next;
  });
  effect(() => {
    if (boardLoads.value) untracked(() => void fetchRatings());
  });
}
