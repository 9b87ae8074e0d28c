/* For which units the way to the shown case is drawn.  Whoever recommends sets it; empty: the units on that case
 * that are not there yet. */
import { signal } from "@preact/signals";
import type { Id } from "../../shared/types";

export const proposed = signal<readonly Id[]>([]);
/* The unit whose way is told turn by turn; drawn besides those. */
export const turnsOf = signal<Id | null>(null);
