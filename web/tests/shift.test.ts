import assert from "node:assert/strict";
import { test } from "node:test";
import { readWhen } from "../console/when";

const now = new Date(2026, 10, 29, 14, 30).getTime();
const HOUR = 3_600_000;

test("a time of day is the next one, of two the later one after the first", () => {
  assert.equal(readWhen("15:00", now, now), now + HOUR / 2);
  assert.equal(readWhen("08:00", now, now), new Date(2026, 10, 30, 8, 0).getTime());
  assert.equal(readWhen("14:30", now, now), new Date(2026, 10, 30, 14, 30).getTime());
  const starts = new Date(2026, 10, 29, 22, 0).getTime();
  assert.equal(readWhen("6：00", starts, now), new Date(2026, 10, 30, 6, 0).getTime());
});

test("a date with a time, and a span from now", () => {
  assert.equal(readWhen("2026-12-01 08:00", now, now), new Date(2026, 11, 1, 8, 0).getTime());
  assert.equal(readWhen("2h", now + HOUR, now), now + 2 * HOUR);
  assert.equal(readWhen("45分钟", now, now), now + 0.75 * HOUR);
});

test("what is no time is none", () => {
  for (const text of ["", "24:00", "8", "2026-02-30 08:00", "2026-12-01 25:00", "soon", "-1h"]) assert.equal(readWhen(text, now, now), null, text);
});
