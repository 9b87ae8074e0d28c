/* What the desk says of the ground: what is reached within minutes, and where posts cut an area off. */
import { signal } from "@preact/signals";
import { ask, tryAsk } from "../../shared/api";
import { now } from "../../shared/time";
import type { Id } from "../../shared/types";
import type { LatLon } from "./points";

/* GET /v1/roads/isochrone */
export interface Reached {
  minutes: number[];
  sources: { unit: Id | null; call_sign: string | null; lat: number; lon: number }[];
  lines: { band: number; points: LatLon[] }[];
  cut: boolean;
  reason: "no_roads" | "no_units" | "outside_area" | null;
}
/* GET /v1/roads/cordon */
export interface Post {
  junction: string; lat: number; lon: number; names: string[];
  unit: { unit: Id; call_sign: string; travel_ms: number } | null;
}
export interface Cordon { posts: Post[]; outline: LatLon[]; inside: { points: LatLon[] }[]; length_m: number; edge_of_map: boolean; cut: boolean }

/* A question that stands on the map until it is taken off: asked again whenever roads close or open. What is shown
 * answers the question asked last, however late an earlier answer comes. */
export interface Shown<A> { path: string; at_ms: number; answer: A }

export function standing<A>() {
  const shown = signal<Shown<A> | null>(null);
  let turn = 0;
  return {
    shown,
    clear(): void {
      turn++;
      shown.value = null;
    },
    async put(path: string): Promise<A> {
      const mine = ++turn, at_ms = now.peek(), answer = await ask<A>(path);
      if (mine === turn) shown.value = { path, at_ms, answer };
      return answer;
    },
    /* One that fails leaves what was drawn, with its time: the page's header says already that the desk is away. */
    async again(): Promise<void> {
      const before = shown.peek(), mine = turn, at_ms = now.peek();
      const answer = before && await tryAsk<A>(before.path);
      if (answer && mine === turn && shown.peek() === before) shown.value = { path: before.path, at_ms, answer };
    },
  };
}

export const reach = standing<Reached>();
export const cordon = standing<Cordon>();

/* `from`: a place; null: all free units, or those with a capability. */
export function askReached(minutes: string, from: LatLon | null, capability = ""): Promise<Reached> {
  const those = capability ? `&capability=${encodeURIComponent(capability)}` : "";
  const where = from ? `from=${from[0]},${from[1]}` : `units=free${those}`;
  return reach.put(`/v1/roads/isochrone?minutes=${encodeURIComponent(minutes)}&${where}`);
}

/* A circle or minutes of driving around a place, or a polygon. */
export type Area =
  | { form: "around"; at: LatLon; radius_m: string }
  | { form: "minutes"; at: LatLon; minutes: string }
  | { form: "polygon"; points: readonly LatLon[] };

const pair = ([lat, lon]: LatLon): string => `${lat},${lon}`;

function areaQuery(area: Area): string {
  if (area.form === "polygon") return `polygon=${encodeURIComponent(area.points.map(pair).join(";"))}`;
  return area.form === "around"
    ? `around=${pair(area.at)}&radius_m=${encodeURIComponent(area.radius_m)}`
    : `from=${pair(area.at)}&minutes=${encodeURIComponent(area.minutes)}`;
}

export const askCordon = (area: Area): Promise<Cordon> => cordon.put(`/v1/roads/cordon?${areaQuery(area)}`);
