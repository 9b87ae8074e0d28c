/* What stands on the map, as GeoJSON, made from the rows of the board.  Nothing here knows the map itself. */
import type { Feature, FeatureCollection, Position as Coordinates } from "geojson";
import { OLD_POSITION_MS, type Position } from "../../shared/positions";
import type { AssignmentRow, Borders, CaseRow, ContactRow, Id, PlaceRow, UnitRow } from "../../shared/types";
import { isActive, isCaseOpen } from "../../shared/words";
import type { ClosedEdge } from "./closed";
import type { Cordon, Reached } from "./ground";
import type { LatLon } from "./points";
import type { Motion } from "./motion";

export const none: FeatureCollection = { type: "FeatureCollection", features: [] };
export const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

const point = (lat: number, lon: number, properties: Feature["properties"]): Feature => ({
  type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties,
});
const turned = (points: readonly LatLon[]): Coordinates[] => points.map(([lat, lon]) => [lon, lat]);

/* Bright is what needs a person. */
const priorityColours = ["#ff6b61", "#f2b84b", "#e6d77a", "#9cc4ee", "#9cc4ee"] as const;
export const unitColours = {
  free: "#7ccf8f", assigned: "#ffd54a", en_route: "#6aa5ff", on_scene: "#ff9f6b", transporting: "#b79cff", away: "#8794a1",
} as const;

export const hasPlace = (row: { lat: number | null; lon: number | null }): row is { lat: number; lon: number } =>
  row.lat !== null && row.lon !== null;

export function caseFeatures(cases: Iterable<CaseRow>, shown: Id | null): FeatureCollection {
  const features: Feature[] = [];
  for (const row of cases) {
    if (!hasPlace(row) || !isCaseOpen(row.state)) continue;
    features.push(point(row.lat, row.lon, {
      id: row.id, colour: priorityColours[row.priority - 1] ?? priorityColours[4], waits: row.state === "received",
      shown: row.id === shown, urgency: -row.priority,
    }));
  }
  return collection(features);
}

export function unitColour(unit: UnitRow, assignment: AssignmentRow | undefined): string {
  if (unit.duty !== "on_duty") return unitColours.away;
  if (!assignment || !isActive(assignment.state)) return unitColours.free;
  if (assignment.state === "acknowledged") return unitColours.assigned;
  if (assignment.state === "at_destination") return unitColours.transporting;
  return unitColours[assignment.state as keyof typeof unitColours] ?? unitColours.assigned;
}

export interface UnitsNow {
  units: ReadonlyMap<Id, UnitRow>; assignments: ReadonlyMap<Id, AssignmentRow>; positions: ReadonlyMap<Id, Position>;
  motion: Motion; nowMs: number; frameMs: number;
}

export function unitFeatures(all: UnitsNow): FeatureCollection {
  const features: Feature[] = [];
  for (const position of all.positions.values()) {
    const unit = all.units.get(position.unit);
    if (!unit?.active) continue;
    const at = all.motion.where(unit.id, all.frameMs) ?? position;
    const colour = unitColour(unit, unit.assignment ? all.assignments.get(unit.assignment) : undefined);
    const works = colour !== unitColours.free && colour !== unitColours.away;
    const drives = position.heading_deg !== null && (position.speed_mps ?? 0) > 0.5;
    features.push(point(at.lat, at.lon, {
      id: unit.id, name: unit.call_sign, colour, old: all.nowMs - position.at_ms > OLD_POSITION_MS,
      works, ...(drives ? { heading: position.heading_deg, arrow: `arrow-${colour}` } : {}),
    }));
  }
  return collection(features);
}

export const isClosure = (place: PlaceRow): boolean => place.kind === "road_closure" && place.active !== false;

export function placeFeatures(places: Iterable<PlaceRow>): FeatureCollection {
  const features: Feature[] = [];
  for (const row of places) {
    if (row.kind === "road_closure" || row.active === false || !hasPlace(row)) continue;
    features.push(point(row.lat, row.lon, { id: row.id, name: row.name, kind: row.kind }));
  }
  return collection(features);
}

function shape(form: string | null | undefined, points: readonly LatLon[]): Feature["geometry"] | null {
  const line = turned(points), first = line[0];
  if (form === "polygon" && first && line.length > 2) return { type: "Polygon", coordinates: [[...line, first]] };
  return line.length > 1 ? { type: "LineString", coordinates: line } : null;
}

/* `label` says of a closure what stands beside it on the map. */
export function closureFeatures(places: Iterable<PlaceRow>, label: (row: PlaceRow) => string): FeatureCollection {
  const features: Feature[] = [];
  for (const row of places) {
    const geometry = isClosure(row) ? shape(row.form, row.points ?? []) : null;
    const slow = (row.speed_percent ?? 0) > 0, along = row.direction === "along";
    if (geometry) features.push({ type: "Feature", geometry, properties: { id: row.id, name: row.name, label: label(row), slow, along } });
  }
  return collection(features);
}

export interface Drawn { form: string; points: readonly LatLon[]; along: boolean }

/* What is being drawn: its corners, and the shape once there is one. */
export function drawnFeatures({ form, points, along }: Drawn): FeatureCollection {
  const features: Feature[] = points.map(([lat, lon]) => point(lat, lon, {}));
  const geometry = shape(form, points);
  if (geometry) features.push({ type: "Feature", geometry, properties: { along: along && geometry.type === "LineString" } });
  return collection(features);
}

export function borderFeatures(all: Borders | null): FeatureCollection {
  return collection((all?.borders ?? []).map(({ area, border }) => ({
    type: "Feature", geometry: border, properties: { id: area.id, name: area.name, kind: area.kind },
  })));
}

const USUAL_PERCENT = 100;

/* A road that is closed or slowed: one line down its middle when that holds in both directions alike; otherwise a line
 * for each direction that it holds in, drawn that way, for the layers to put beside the middle and give arrows. */
export function edgeFeatures(edges: readonly ClosedEdge[]): FeatureCollection {
  const features: Feature[] = [];
  for (const { id, points, there_percent: there, back_percent: back } of edges) {
    if (points.length < 2) continue;
    const add = (way: string, line: readonly LatLon[], percent: number, side: boolean): void => {
      if (percent >= USUAL_PERCENT) return;
      features.push({
        type: "Feature", geometry: { type: "LineString", coordinates: turned(line) },
        properties: { id: `${id} ${way}`, slow: percent > 0, side },
      });
    };
    if (there === back) {
      add("both", points, there, false);
    } else {
      add("there", points, there, true);
      add("back", [...points].reverse(), back, true);
    }
  }
  return collection(features);
}

/* `to`: the case that it leads to. */
export interface Step {
  manoeuvre: "depart" | "straight" | "slight_left" | "left" | "sharp_left" | "slight_right" | "right" | "sharp_right" | "u_turn" | "arrive";
  name: string; length_m: number; travel_ms: number; at: number; lat: number; lon: number;
}
export interface Way { unit: Id; to: Id; points: readonly LatLon[]; steps: readonly Step[]; text: string; straight: boolean }

/* Each way, and a point in its middle for who drives it and how long: upright, however the road runs. */
export function wayFeatures(ways: readonly Way[]): FeatureCollection {
  return collection(ways.filter((way) => way.points.length > 1).flatMap((way): Feature[] => {
    const [lat, lon] = middleOf(way.points);
    return [
      {
        type: "Feature", geometry: { type: "LineString", coordinates: turned(way.points) },
        properties: { straight: way.straight },
      },
      point(lat, lon, { id: way.unit, name: way.text }),
    ];
  }));
}

/* All corners of the ways, to see how far they reach. */
export const wayBoxFeatures = (ways: readonly Way[]): FeatureCollection =>
  collection(ways.flatMap((way) => way.points.map(([lat, lon]) => point(lat, lon, {}))));

/* The point half-way along a line, nearly: degrees are taken as they are. */
function middleOf(points: readonly LatLon[]): LatLon {
  const lengths = points.slice(1).map(([lat, lon], i) => {
    const [lat0, lon0] = points[i] ?? [lat, lon];
    return Math.hypot(lat - lat0, lon - lon0);
  });
  let left = lengths.reduce((sum, each) => sum + each, 0) / 2;
  for (const [i, length] of lengths.entries()) {
    const a = points[i] ?? [0, 0], b = points[i + 1] ?? a;
    if (left <= length) {
      const part = length ? left / length : 0;
      return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
    }
    left -= length;
  }
  return points[0] ?? [0, 0];
}

const EARTH_M = 6_371_000;
const CORNERS = 48;

/* A circle on the ground; wide enough for a desk's area, not for the poles. */
function circle(lat: number, lon: number, metres: number): Feature {
  const dLat = (metres / EARTH_M) * (180 / Math.PI), dLon = dLat / Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  const ring: Coordinates[] = [];
  for (let i = 0; i <= CORNERS; i++) {
    const turn = (2 * Math.PI * i) / CORNERS;
    ring.push([lon + dLon * Math.cos(turn), lat + dLat * Math.sin(turn)]);
  }
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties: {} };
}

/* Where callers' devices say they are, and how sure that is. */
export function fixFeatures(contacts: Iterable<ContactRow>): FeatureCollection {
  const features: Feature[] = [];
  for (const row of contacts) {
    if (!hasPlace(row)) continue;
    features.push(point(row.lat, row.lon, { id: row.id }));
    if (row.uncertainty_m > 0) features.push(circle(row.lat, row.lon, row.uncertainty_m));
  }
  return collection(features);
}

/* West, south, east, north around all points; null when there are none. */
export function boxOf(all: readonly FeatureCollection[]): [number, number, number, number] | null {
  let box: [number, number, number, number] | null = null;
  for (const { features } of all) {
    for (const { geometry } of features) {
      if (geometry.type !== "Point") continue;
      const [lon = 0, lat = 0] = geometry.coordinates;
      box = box
        ? [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)]
        : [lon, lat, lon, lat];
    }
  }
  return box;
}

/* What is reached, each line in its band. */
export function reachFeatures(answer: Reached | null): FeatureCollection {
  return collection((answer?.lines ?? []).map(({ band, points }) => ({
    type: "Feature", geometry: { type: "LineString", coordinates: turned(points) }, properties: { band },
  })));
}

/* The area, the roads that are cut off, and the posts with their numbers in the list. */
export function cordonFeatures(found: Cordon | null): FeatureCollection {
  if (!found) return collection([]);
  const features: Feature[] = found.inside.map(({ points }) => ({
    type: "Feature", geometry: { type: "LineString", coordinates: turned(points) }, properties: {},
  }));
  const area = shape("polygon", found.outline);
  if (area) features.push({ type: "Feature", geometry: area, properties: {} });
  found.posts.forEach((post, at) => features.push(point(post.lat, post.lon, { number: String(at + 1) })));
  return collection(features);
}
