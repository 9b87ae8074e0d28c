/* What the desk says of the ground: what is reached within minutes, and where posts cut an area off. */
import { signal } from "@preact/signals";
import { ask } from "../../shared/api";
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

/* As they were when they were asked for; nothing of it moves by itself. */
export const reached = signal<{ at_ms: number; answer: Reached } | null>(null);
export const cordon = signal<Cordon | null>(null);

/* `from`: a place; null: all free units, or those with a capability. */
export async function askReached(minutes: string, from: LatLon | null, at_ms: number, capability = ""): Promise<Reached> {
  const those = capability ? `&capability=${encodeURIComponent(capability)}` : "";
  const where = from ? `from=${from[0]},${from[1]}` : `units=free${those}`;
  const answer = await ask<Reached>(`/v1/roads/isochrone?minutes=${encodeURIComponent(minutes)}&${where}`);
  reached.value = { at_ms, answer };
  return answer;
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

export async function askCordon(area: Area): Promise<Cordon> {
  cordon.value = await ask<Cordon>(`/v1/roads/cordon?${areaQuery(area)}`);
  return cordon.value;
}
