/* Where units are: the last known position of each, as the desk told it.  Positions are not journaled and have no
 * place in the stream: all of them come with the board and after a cut, later ones as they move. */
import { signal } from "@preact/signals";
import { ask } from "./api";
import type { Id } from "./types";

export interface Position {
  unit: Id; lat: number; lon: number; at_ms: number; received_at_ms: number;
  /* What the device's own clock said, and whether that cannot be right: then `at_ms` is when it came. */
  device_at_ms?: number | null; clock_off?: boolean;
  speed_mps: number | null; heading_deg: number | null; off_road: boolean;
}
export interface Positions { now_ms: number; positions: Position[] }

export const positions = signal<ReadonlyMap<Id, Position>>(new Map());
/* Older than this, a unit is drawn faded: it may be elsewhere by now. */
export const OLD_POSITION_MS = 120_000;

/* Takes later positions in; one that is older than what is known came by a slower way. */
export function takePositions(list: readonly Position[]): void {
  const next = new Map(positions.peek());
  for (const each of list) {
    const known = next.get(each.unit);
    if (!known || each.at_ms >= known.at_ms) next.set(each.unit, each);
  }
  positions.value = next;
}

/* All of them anew: what is not among them is not for this viewer any more.  Rejects like `ask`. */
export async function loadPositions(): Promise<void> {
  const { positions: list } = await ask<Positions>("/v1/positions");
  positions.value = new Map(list.map((each) => [each.unit, each]));
}

export function forgetPositions(): void {
  positions.value = new Map();
}
