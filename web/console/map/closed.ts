/* GET /v1/roads/closed: the roads that are not driven as usual now, and how many each closure takes. */
import { signal } from "@preact/signals";
import { tryAsk } from "../../shared/api";
import type { Id } from "../../shared/types";
import type { LatLon } from "./points";

/* Shares of the usual speed, from the first point to the last and back: 0 is closed, 100 as usual. */
export interface ClosedEdge { id: number | string; points: LatLon[]; there_percent: number; back_percent: number }
/* `edges` is null where the desk has no roads. */
export interface ClosureReach { id: Id; edges: number | null }
export interface ClosedNow { edges: ClosedEdge[]; count: number; road_closures: ClosureReach[] }

export const closedEdges = signal<readonly ClosedEdge[]>([]);
/* How many roads each closure takes; nothing of one that is too new to be known. */
export const closureReach = signal<ReadonlyMap<Id, number | null>>(new Map());

export async function fetchClosed(): Promise<void> {
  const answer = await tryAsk<ClosedNow>("/v1/roads/closed");
  if (!answer) return;
  closedEdges.value = answer.edges;
  closureReach.value = new Map(answer.road_closures.map((each) => [each.id, each.edges]));
}
