/* Queues by clock: which matters stand in which, and in what order.  Pure; the server's time comes in. */
import type { Id, MatterRow } from "../shared/types";

export const queues = ["all", "overdue", "next", "waiting", "offers", "supervised"] as const;
export type Queue = (typeof queues)[number];

export interface QueueWorld {
  now: number;
  /* Those of whose promises one is paused. */
  paused: ReadonlySet<Id>;
  /* Until when those under supervision are to be settled, as far as their procedure says. */
  supervisedUntil: ReadonlyMap<Id, number>;
  /* Whether an agency is the viewer's own or below it. */
  mine(agency: Id): boolean;
}

export const isOverdue = (row: MatterRow, now: number): boolean => row.due_at_ms !== null && row.due_at_ms < now;

export function standsIn(queue: Queue, row: MatterRow, world: QueueWorld): boolean {
  switch (queue) {
    case "all": return true;
    case "overdue": return isOverdue(row, world.now);
    case "next": return row.due_at_ms !== null && row.due_at_ms >= world.now;
    case "waiting": return row.waits_for !== "" || world.paused.has(row.id);
    case "offers": return row.offer_hash !== "" && row.offered_to !== null && world.mine(row.offered_to);
    case "supervised": return row.supervised;
  }
}

/* What falls due first comes first; what has no date comes last, the older before the younger. */
export function inOrder(queue: Queue, list: readonly MatterRow[], world: QueueWorld): MatterRow[] {
  const at = (row: MatterRow): number =>
    (queue === "supervised" ? world.supervisedUntil.get(row.id) : row.due_at_ms) ?? Infinity;
  const first = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  return list.filter((row) => standsIn(queue, row, world))
    .sort((a, b) => first(at(a), at(b)) || Number(a.id) - Number(b.id));
}
