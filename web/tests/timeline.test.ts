import assert from "node:assert/strict";
import { test } from "node:test";

/* A case with more events than one answer holds: the page asks on until it has the newest. */
test("a timeline that comes in parts is whole on the sheet", async () => {
  Object.assign(globalThis, {
    location: { pathname: "/case/7", search: "" }, document: { addEventListener() {} }, window: { addEventListener() {} },
  });
  const asked: string[] = [];
  globalThis.fetch = ((path: string) => {
    asked.push(path);
    const from = Number(new URL(path, "http://desk").searchParams.get("from"));
    const events = [from + 1, from + 2].filter((seq) => seq <= 5).map((seq) => ({ seq, kind: "entry_added" }));
    return Promise.resolve(new Response(JSON.stringify({ seq: 9, events, more: from + 2 < 5 })));
  }) as typeof fetch;
  const { fetchTimeline, timeline } = await import("../console/sheet_model");
  await fetchTimeline("7", 0);
  assert.deepEqual(timeline.value.map((event) => event.seq), [1, 2, 3, 4, 5]);
  assert.deepEqual(asked.map((path) => path.split("from=")[1]), ["0", "2", "4"]);
  /* Later only what is new is asked for, and an answer without any ends it. */
  await fetchTimeline("7", 5);
  assert.equal(timeline.value.length, 5);
  assert.equal(asked.length, 4);
});
