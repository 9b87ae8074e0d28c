import assert from "node:assert/strict";
import { test } from "node:test";
import { COPY_MAX_AGE_MS, isFresh } from "../shared/copy";
import { timeOf } from "../console/paper_times";

const noon = new Date(2026, 2, 2, 12, 0, 0).getTime();

test("times of a sheet are times of this wall", () => {
  assert.equal(timeOf("11:30", noon), new Date(2026, 2, 2, 11, 30).getTime());
  assert.equal(timeOf("9:05", noon), new Date(2026, 2, 2, 9, 5).getTime());
  assert.equal(timeOf("23:10", noon), new Date(2026, 2, 1, 23, 10).getTime(), "still to come today: yesterday's");
  assert.equal(timeOf("12:01", noon), new Date(2026, 2, 2, 12, 1).getTime(), "a watch that goes a minute wrong");
  assert.equal(timeOf("2026-02-27 23:59:30", noon), new Date(2026, 1, 27, 23, 59, 30).getTime());
  assert.equal(timeOf("2026-02-27T08:00", noon), new Date(2026, 1, 27, 8, 0).getTime());
});

test("what is no time is none", () => {
  for (const text of ["", "noon", "24:00", "12:60", "2026-02-30 10:00", "2026-13-01 10:00", "1205", "12:05 pm", "-1:00"]) {
    assert.equal(timeOf(text, noon), null, text);
  }
});

test("a copy is of use for one shift, and not when it comes from the future", () => {
  assert.ok(isFresh(noon, noon));
  assert.ok(isFresh(noon, noon + COPY_MAX_AGE_MS));
  assert.ok(!isFresh(noon, noon + COPY_MAX_AGE_MS + 1));
  assert.ok(!isFresh(noon + 3_600_000, noon));
});
