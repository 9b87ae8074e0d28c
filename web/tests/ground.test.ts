import assert from "node:assert/strict";
import { test } from "node:test";
import { cordonFeatures, reachFeatures } from "../console/map/features";
import { standing, type Cordon, type Reached } from "../console/map/ground";

/* Answers are given by the test, in the order it likes. */
function heldAnswers() {
  const held = new Map<string, (response: Response) => void>();
  globalThis.fetch = ((path: string) => new Promise<Response>((resolve) => held.set(path, resolve))) as typeof fetch;
  return {
    answer(path: string, body: unknown, status = 200): void {
      const give = held.get(path);
      assert.ok(give, `${path} was not asked`);
      held.delete(path);
      give?.(new Response(JSON.stringify(body), { status }));
    },
    waiting: () => [...held.keys()],
  };
}

test("what is shown answers the last question, however late an earlier answer comes", async () => {
  const desk = heldAnswers(), tool = standing<{ n: number }>();
  const first = tool.put("/first"), second = tool.put("/second");
  desk.answer("/second", { n: 2 });
  await second;
  desk.answer("/first", { n: 1 });
  await first;
  assert.deepEqual(tool.shown.value?.answer, { n: 2 });
  assert.equal(tool.shown.value?.path, "/second");
  const late = tool.put("/late");
  tool.clear();
  desk.answer("/late", { n: 3 });
  await late;
  assert.equal(tool.shown.value, null, "taken off the map, it does not come back");
});

test("asked again when roads close, and never in place of a newer question", async () => {
  const desk = heldAnswers(), tool = standing<{ n: number }>();
  await tool.again();
  assert.deepEqual(desk.waiting(), [], "nothing stands, nothing is asked");
  const put = tool.put("/a");
  desk.answer("/a", { n: 1 });
  await put;
  const again = tool.again();
  desk.answer("/a", { n: 2 });
  await again;
  assert.deepEqual(tool.shown.value?.answer, { n: 2 });
  const overtaken = tool.again(), newer = tool.put("/b");
  desk.answer("/b", { n: 3 });
  await newer;
  desk.answer("/a", { n: 4 });
  await overtaken;
  assert.deepEqual(tool.shown.value?.answer, { n: 3 });
  const refused = tool.again();
  desk.answer("/b", { code: "not-ready", detail: "" }, 503);
  await refused;
  assert.deepEqual(tool.shown.value?.answer, { n: 3 }, "one that fails leaves what was drawn");
});

test("lines of what is reached carry their band, east before north", () => {
  const reached: Reached = { minutes: [4, 8], sources: [], cut: false, reason: null,
    lines: [{ band: 0, points: [[22, 114], [22.1, 114.2]] }, { band: 1, points: [[23, 115], [23, 116]] }] };
  const { features } = reachFeatures(reached);
  assert.deepEqual(features.map((each) => each.properties?.band), [0, 1]);
  assert.deepEqual(features[0]?.geometry, { type: "LineString", coordinates: [[114, 22], [114.2, 22.1]] });
  assert.deepEqual(reachFeatures(null).features, []);
});

test("a cordon's posts have the numbers of the list; its area and roads stand beside them", () => {
  const post = (lat: number) => ({ junction: "1", lat, lon: 114, names: [], unit: null });
  const found: Cordon = { posts: [post(22), post(23)], outline: [[22, 114], [22, 115], [23, 115]],
    inside: [{ points: [[22.1, 114.1], [22.2, 114.2]] }], length_m: 100, edge_of_map: false, cut: false };
  const { features } = cordonFeatures(found);
  assert.deepEqual(features.map((each) => each.geometry.type).sort(), ["LineString", "Point", "Point", "Polygon"]);
  assert.deepEqual(features.flatMap((each) => each.properties?.number ?? []), ["1", "2"]);
  assert.deepEqual(cordonFeatures(null).features, []);
});
