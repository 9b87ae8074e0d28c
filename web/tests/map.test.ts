import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxOf, caseFeatures, closureFeatures, drawnFeatures, edgeFeatures, fixFeatures, placeFeatures, unitColour, unitColours,
  unitFeatures, wayFeatures,
} from "../console/map/features";
import { Motion } from "../console/map/motion";
import { POINTS_MAX, readPoints, writePoint } from "../console/map/points";
import { fieldsOf, readTerms } from "../console/map/terms";
import { forgetPositions, positions, takePositions, type Position } from "../shared/positions";
import type { AssignmentRow, CaseRow, ContactRow, PlaceRow, UnitRow } from "../shared/types";

const aCase = (more: Partial<CaseRow>): CaseRow =>
  ({ id: "1", state: "received", priority: 2, lat: 22.5, lon: 114, ...more }) as CaseRow;
const aPlace = (more: Partial<PlaceRow>): PlaceRow =>
  ({ id: "1", kind: "station", name: "House", lat: 22.5, lon: 114, active: true, ...more }) as PlaceRow;
const aUnit = (more: Partial<UnitRow>): UnitRow =>
  ({ id: "1", call_sign: "A-1", duty: "on_duty", active: true, assignment: null, ...more }) as UnitRow;
const at = (unit: string, lat: number, lon: number, more: Partial<Position> = {}): Position =>
  ({ unit, lat, lon, at_ms: 1000, received_at_ms: 1000, speed_mps: null, heading_deg: null, off_road: false, ...more });

test("points are read as people write them, or refused whole", () => {
  assert.deepEqual(readPoints(""), []);
  assert.deepEqual(readPoints(" \n;"), []);
  assert.deepEqual(readPoints("22.5431, 114.0579"), [[22.5431, 114.0579]]);
  assert.deepEqual(readPoints("22.5，114\n-33.9,-151.2;1,2"), [[22.5, 114], [-33.9, -151.2], [1, 2]]);
  for (const wrong of ["here", "22.5", "22.5,", "91,0", "0,181", "22.5,114 there", "1,2,3", "1,2x", "222,1", "1,2 3"]) {
    assert.equal(readPoints(wrong), null, wrong);
  }
  assert.deepEqual(readPoints(writePoint(-0.1234567, 179.9999999)), [[-0.123457, 180]]);
  assert.equal(readPoints("1,2 ".repeat(POINTS_MAX + 1))?.length, POINTS_MAX + 1, "counting is the caller's business");
});

test("cases without a place or already over do not stand on the map", () => {
  const rows = [aCase({ id: "1" }), aCase({ id: "2", lat: null, lon: null }), aCase({ id: "3", state: "closed" }), aCase({ id: "4", state: "on_scene", priority: 9 })];
  const { features } = caseFeatures(rows, "4");
  assert.deepEqual(features.map((each) => each.properties?.id), ["1", "4"]);
  assert.deepEqual(features.map((each) => each.properties?.waits), [true, false]);
  assert.deepEqual(features.map((each) => each.properties?.shown), [false, true]);
  assert.ok(features.every((each) => each.properties?.colour), "also an unheard-of priority has a colour");
  assert.deepEqual(features[0]?.geometry, { type: "Point", coordinates: [114, 22.5] });
});

test("a unit's colour says what it does", () => {
  const on = (state: string): string => unitColour(aUnit({ assignment: "7" }), { id: "7", state } as AssignmentRow);
  assert.equal(unitColour(aUnit({}), undefined), unitColours.free);
  assert.equal(unitColour(aUnit({ duty: "off_duty" }), undefined), unitColours.away);
  assert.equal(on("stacked"), unitColours.free);
  assert.equal(on("acknowledged"), unitColours.assigned);
  assert.equal(on("at_destination"), unitColours.transporting);
  for (const state of ["assigned", "en_route", "on_scene", "transporting"] as const) assert.equal(on(state), unitColours[state]);
});

test("units: only known and active ones; faded when their position is old; an arrow while they drive", () => {
  const motion = new Motion();
  const made = unitFeatures({
    units: new Map([["1", aUnit({})], ["2", aUnit({ id: "2", active: false })], ["3", aUnit({ id: "3" })]]), assignments: new Map(),
    positions: new Map([
      ["1", at("1", 22.5, 114, { at_ms: 500_000, heading_deg: 90, speed_mps: 10 })], ["2", at("2", 22.5, 114)],
      ["3", at("3", 22.6, 114.1, { heading_deg: 90, speed_mps: 0 })], ["9", at("9", 22.5, 114)],
    ]),
    motion, nowMs: 510_000, frameMs: 0,
  }).features;
  assert.deepEqual(made.map((each) => each.properties?.id), ["1", "3"]);
  assert.deepEqual(made.map((each) => each.properties?.old), [false, true]);
  assert.deepEqual(made.map((each) => each.properties?.heading), [90, undefined]);
});

test("units glide to where they are, and leap when they were far away or nothing may move", () => {
  const motion = new Motion();
  motion.set("1", 22.5, 114, 0, true);
  assert.deepEqual(motion.where("1", 0), { lat: 22.5, lon: 114 }, "nowhere before: no glide");
  assert.equal(motion.moves(0), false);
  motion.set("1", 22.501, 114.001, 1000, true);
  assert.deepEqual(motion.where("1", 1000), { lat: 22.5, lon: 114 });
  const half = motion.where("1", 1550);
  assert.ok(half && Math.abs(half.lat - 22.5005) < 1e-9 && Math.abs(half.lon - 114.0005) < 1e-9);
  assert.equal(motion.moves(1550), true);
  motion.set("1", 22.501, 114.001, 1560, true); /* the same again does not begin anew */
  assert.deepEqual(motion.where("1", 2100), { lat: 22.501, lon: 114.001 });
  assert.equal(motion.moves(2100), false);
  motion.set("1", 23, 114, 3000, true);
  assert.deepEqual(motion.where("1", 3000), { lat: 23, lon: 114 });
  motion.set("1", 23.001, 114, 4000, false);
  assert.deepEqual(motion.where("1", 4000), { lat: 23.001, lon: 114 });
  motion.keep(new Set(["2"]));
  assert.equal(motion.where("1", 5000), null);
});

test("closures are drawn as they are: a line, an area, or not at all once lifted", () => {
  const points: [number, number][] = [[22.5, 114], [22.6, 114.1], [22.5, 114.2]];
  const rows = [
    aPlace({ id: "1", kind: "road_closure", form: "line", points }), aPlace({ id: "2", kind: "road_closure", form: "polygon", points }),
    aPlace({ id: "3", kind: "road_closure", form: "line", points, active: false }), aPlace({ id: "4" }),
    aPlace({ id: "5", kind: "road_closure", form: "line", points: [[22.5, 114]] }),
  ];
  const { features } = closureFeatures(rows, (row) => row.name);
  assert.deepEqual(features.map((each) => [each.properties?.id, each.geometry.type]), [["1", "LineString"], ["2", "Polygon"]]);
  assert.deepEqual(features[1]?.geometry.type === "Polygon" && features[1].geometry.coordinates[0]?.length, 4, "a ring is closed");
  assert.deepEqual(placeFeatures(rows).features.map((each) => each.properties?.id), ["4"]);
  assert.deepEqual(drawnFeatures({ form: "polygon", points: points.slice(0, 2), along: true }).features.map((each) => each.geometry.type), ["Point", "Point", "LineString"]);
  assert.deepEqual(features.map((each) => each.properties?.slow), [false, false]);
  const drawn = wayFeatures([
    { unit: "1", to: "9", points: [[1, 1], [1, 3], [1, 5]], text: "A-1  2:00", straight: false, steps: [] },
    { unit: "2", to: "9", points: [], text: "", straight: true, steps: [] },
  ]).features;
  assert.equal(drawn.length, 2, "a line, and a place for its name; nothing of a way without points");
  assert.deepEqual(drawn[1]?.geometry, { type: "Point", coordinates: [3, 1] });
});

test("a road is drawn once when both directions are alike, and else each direction that is not as usual, driven that way", () => {
  const points: [number, number][] = [[22.5, 114], [22.6, 114.1]];
  const sides = (there_percent: number, back_percent: number): unknown[] =>
    edgeFeatures([{ id: "1", points, there_percent, back_percent }]).features.map(({ properties, geometry }) => [
      properties?.slow, properties?.side, geometry.type === "LineString" && geometry.coordinates[0]?.[1],
    ]);
  assert.deepEqual(sides(0, 0), [[false, false, 22.5]]);
  assert.deepEqual(sides(30, 30), [[true, false, 22.5]]);
  assert.deepEqual(sides(0, 100), [[false, true, 22.5]]);
  assert.deepEqual(sides(100, 30), [[true, true, 22.6]]);
  assert.deepEqual(sides(30, 0), [[true, true, 22.5], [false, true, 22.6]]);
  assert.deepEqual(sides(100, 100), []);
  assert.deepEqual(edgeFeatures([{ id: "2", points: [], there_percent: 0, back_percent: 0 }]).features, []);
});

test("how a closure holds is read from the end of the line, in any order, and names may hold such words elsewhere", () => {
  const read = (text: string) => {
    const { rest, terms } = readTerms(text);
    return [rest, fieldsOf(terms, 1000)];
  };
  assert.deepEqual(read("Old Bridge"), ["Old Bridge", {}]);
  assert.deepEqual(read("Old Bridge 2h > 30%"), ["Old Bridge", { direction: "along", speed_percent: 30, until_at_ms: 7_201_000 }]);
  assert.deepEqual(read("路 30% 45m ="), ["路", { direction: "both", speed_percent: 30, until_at_ms: 2_701_000 }]);
  assert.deepEqual(read("A 2小时"), ["A", { until_at_ms: 7_201_000 }]);
  assert.deepEqual(read("A 0h 0%"), ["A", { until_at_ms: null, speed_percent: 0 }]);
  assert.deepEqual(read("30% slope A > B"), ["30% slope A > B", {}]);
  assert.deepEqual(read("A 100%"), ["A 100%", {}]);
  assert.deepEqual(read("2h"), ["", { until_at_ms: 7_201_000 }]);
});

test("a caller's fix is a point in a circle as wide as it is unsure", () => {
  const contact = (more: object): ContactRow => ({ id: "1", lat: 60, lon: 25, uncertainty_m: 0, ...more }) as ContactRow;
  assert.equal(fixFeatures([contact({ lat: null })]).features.length, 0);
  assert.equal(fixFeatures([contact({})]).features.length, 1);
  const circle = fixFeatures([contact({ uncertainty_m: 1000 })]).features[1];
  if (circle?.geometry.type !== "Polygon") throw new Error("no circle");
  for (const [lon = 0, lat = 0] of circle.geometry.coordinates[0] ?? []) {
    const metres = Math.hypot((lat - 60) * 111_195, (lon - 25) * 111_195 * Math.cos(Math.PI / 3));
    assert.ok(Math.abs(metres - 1000) < 5, String(metres));
  }
});

test("a box goes around all points", () => {
  assert.equal(boxOf([caseFeatures([], null)]), null);
  assert.deepEqual(boxOf([caseFeatures([aCase({}), aCase({ lat: 23, lon: 113 })], null)]), [113, 22.5, 114, 23]);
});

test("an older position never takes a newer one's place", () => {
  forgetPositions();
  takePositions([at("1", 22.5, 114, { at_ms: 2000 })]);
  takePositions([at("1", 1, 1, { at_ms: 1999 }), at("2", 22.6, 114)]);
  assert.equal(positions.value.get("1")?.lat, 22.5);
  assert.equal(positions.value.size, 2);
  takePositions([at("1", 22.51, 114, { at_ms: 2000 })]);
  assert.equal(positions.value.get("1")?.lat, 22.51);
});
