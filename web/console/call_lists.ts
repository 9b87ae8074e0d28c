/* Calls in order: what rings and how long, who is to be rung back, what others took over.  Pure. */
import type { ContactRow, Id } from "../shared/types";

/* The longest wait first. */
export function ringing(all: Iterable<ContactRow>): ContactRow[] {
  return [...all].filter((each) => each.state === "ringing")
    .sort((a, b) => (a.received_at_ms ?? 0) - (b.received_at_ms ?? 0) || Number(a.id) - Number(b.id));
}

export function longestWait(all: Iterable<ContactRow>, now: number): number | null {
  const first = ringing(all)[0];
  return first ? Math.max(0, now - (first.received_at_ms ?? now)) : null;
}

export const isToRingBack = (contact: ContactRow): boolean => contact.state === "abandoned" && !!contact.ring_back_until_ms;

/* Who was abandoned first comes first, those that were tried already behind those that were not. */
export function toRingBack(all: Iterable<ContactRow>): ContactRow[] {
  return [...all].filter(isToRingBack).sort((a, b) =>
    (a.ring_back_count ?? 0) - (b.ring_back_count ?? 0) || (a.abandoned_at_ms ?? 0) - (b.abandoned_at_ms ?? 0));
}

/* What another took over from `mine` since `before`: said once, to whoever lost it. */
export function takenFrom(before: ReadonlyMap<Id, Id | null>, all: Iterable<ContactRow>, mine: Id): ContactRow[] {
  return [...all].filter((each) => before.get(each.id) === mine && each.operator !== mine && each.taken_from === mine);
}
