/* Open cases that a new contact may be about, with the reasons: near in space, near in time, the same class.
 * Pure: the page recomputes it as the form and the board change. */
import { metresBetween, type Point } from "../shared/geo";
import type { CaseRow, Id } from "../shared/types";
import { isCaseOpen } from "../shared/words";

export const NEAR_M = 500;
export const RECENT_MS = 60 * 60 * 1000;
export const OFFERED_MAX = 9; /* one digit picks one */
/* A blaze is seen from far: the same class lately counts over this distance, but not from another town. */
const SEEN_M = 5000;

export interface Asked { point: Point | null; class: string; at_ms: number }
export interface Similar {
  id: Id; near: boolean; recent: boolean; sameClass: boolean;
  metres: number | null; /* null: one of them has no position */
  age_ms: number;
}

function compare(asked: Asked, row: CaseRow): Similar {
  const metres = asked.point && row.lat !== null && row.lon !== null
    ? metresBetween(asked.point, { lat: row.lat, lon: row.lon }) : null;
  const age_ms = Math.max(0, asked.at_ms - (row.first_contact_at_ms ?? row.opened_at_ms ?? asked.at_ms));
  return {
    id: row.id, metres, age_ms, near: metres !== null && metres < NEAR_M, recent: age_ms < RECENT_MS,
    sameClass: !!asked.class && asked.class === row.class,
  };
}

/* Near is enough; without a distance, recent is; and a recent one of the same class that could be seen. */
function qualifies(each: Similar): boolean {
  if (each.near) return true;
  if (!each.recent) return false;
  return each.metres === null || (each.sameClass && each.metres < SEEN_M);
}

const weight = (each: Similar): number => (each.near ? 4 : 0) + (each.recent ? 2 : 0) + (each.sameClass ? 1 : 0);

export function similarCases(asked: Asked, cases: Iterable<CaseRow>): Similar[] {
  return [...cases].filter((row) => isCaseOpen(row.state)).map((row) => compare(asked, row)).filter(qualifies)
    .sort((a, b) => weight(b) - weight(a) || (a.metres ?? Infinity) - (b.metres ?? Infinity) || a.age_ms - b.age_ms)
    .slice(0, OFFERED_MAX);
}
