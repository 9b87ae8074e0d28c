/* What the map asks the desk for by itself: the ways of units to the shown case, the edges that are closed, and anew
 * what was asked about the ground before roads closed or opened.
 * A question that fails leaves what was drawn: the page's header says already that the desk is away. */
import { computed, effect, signal, untracked } from "@preact/signals";
import { tryAsk } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { lang } from "../../shared/i18n";
import { positions } from "../../shared/positions";
import { span } from "../../shared/time";
import type { Id } from "../../shared/types";
import { isAssignmentOpen, isActive } from "../../shared/words";
import { boardLoads, callSign } from "../state";
import { fetchClosed } from "./closed";
import { hasPlace, isClosure, type Step, type Way } from "./features";
import { cordon, reach } from "./ground";
import type { LatLon } from "./points";
import { proposed, turnsOf } from "./ways";
import { shownOnMap } from "./windows";

const WAYS_MAX = 8;
const AGAIN_MS = 5000;
const MOVED_DEG = 0.001; /* about 100 m */

export const ways = signal<readonly Way[]>([]);

/* Changes with every road closure that is made, changed or lifted. */
const closureKey = computed(() =>
  [...rows("place").values()].filter(isClosure).map((each) => `${each.id}.${each.seq}`).sort().join());

/* Units whose way is wanted: those proposed, or those sent that are not there yet. */
const coming = computed<readonly Id[]>(() => {
  const id = shownOnMap.value;
  if (!id) return [];
  if (proposed.value.length) return proposed.value.slice(0, WAYS_MAX);
  const found: Id[] = [];
  for (const each of rows("assignment").values()) {
    const sent = each.case === id && isAssignmentOpen(each.state) && isActive(each.state) && each.on_scene_at_ms === null;
    if (sent && found.length < WAYS_MAX) found.push(each.unit);
  }
  return found.sort();
});

/* And the one whose turns are told. */
const driving = computed<readonly Id[]>(() => {
  const one = shownOnMap.value ? turnsOf.value : null;
  return one && !coming.value.includes(one) ? [one, ...coming.value] : coming.value;
});

interface Eta { travel_ms: number | null; basis: "road" | "straight_line"; points: LatLon[]; steps: Step[] }
const askedFrom = new Map<Id, LatLon>();
let turn = 0;

async function fetchWays(): Promise<void> {
  const mine = ++turn;
  const to = row("case", shownOnMap.peek());
  const units = driving.peek();
  askedFrom.clear();
  if (!to || !hasPlace(to) || !units.length) {
    ways.value = [];
    return;
  }
  const found = await Promise.all(units.map(async (unit): Promise<Way | null> => {
    const at = positions.peek().get(unit);
    if (!at) return null;
    askedFrom.set(unit, [at.lat, at.lon]);
    const eta = await tryAsk<Eta>(`/v1/roads/eta?from=${at.lat},${at.lon}&to=${to.lat},${to.lon}&profile=emergency`);
    if (!eta || eta.travel_ms === null) return null;
    const straight = eta.basis !== "road";
    const points: readonly LatLon[] = straight ? [[at.lat, at.lon], [to.lat, to.lon]] : eta.points;
    return { unit, to: to.id, points, straight, steps: eta.steps, text: `${callSign(unit)}  ${span(eta.travel_ms)}` };
  }));
  if (mine === turn) ways.value = found.filter((each): each is Way => each !== null);
}

function movedOn(): boolean {
  for (const unit of driving.peek()) {
    const at = positions.peek().get(unit), from = askedFrom.get(unit);
    if (at && (!from || Math.abs(at.lat - from[0]) > MOVED_DEG || Math.abs(at.lon - from[1]) > MOVED_DEG)) return true;
  }
  return false;
}

/* While a map is shown; gives what ends it. */
export function followRoads(): () => void {
  const wish = computed(() => {
    const to = row("case", shownOnMap.value);
    const known = driving.value.filter((unit) => positions.value.has(unit));
    return [to?.id, to?.lat, to?.lon, driving.value.join(), known.length, closureKey.value, lang.value].join("/");
  });
  const ends = [
    effect(() => {
      wish.value;
      untracked(() => void fetchWays());
    }),
    effect(() => {
      closureKey.value;
      boardLoads.value;
      untracked(() => {
        void fetchClosed();
        void reach.again();
        void cordon.again();
      });
    }),
  ];
  const timer = setInterval(() => { if (movedOn()) void fetchWays(); }, AGAIN_MS);
  return () => {
    clearInterval(timer);
    turn++;
    for (const end of ends) end();
  };
}
