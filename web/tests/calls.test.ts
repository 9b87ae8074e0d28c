import assert from "node:assert/strict";
import { test } from "node:test";
import { longestWait, ringing, takenFrom, toRingBack } from "../console/call_lists";
import type { ContactRow } from "../shared/types";

const call = (id: string, more: Partial<ContactRow>): ContactRow =>
  ({ id, state: "ringing", operator: null, received_at_ms: 1000, ...more }) as ContactRow;

test("the longest wait comes first, and is what the header says", () => {
  const all = [call("1", { received_at_ms: 3000 }), call("2", { received_at_ms: 2000 }), call("3", { state: "answered", received_at_ms: 1 })];
  assert.deepEqual(ringing(all).map((each) => each.id), ["2", "1"]);
  assert.equal(longestWait(all, 9000), 7000);
  assert.equal(longestWait(all, 1500), 0); /* a clock that runs behind the desk's */
  assert.equal(longestWait([], 9000), null);
});

test("whom nobody rang back comes before those that were tried", () => {
  const gone = { state: "abandoned", ring_back_until_ms: 9e9 } as const;
  const all = [
    call("1", { ...gone, abandoned_at_ms: 10, ring_back_count: 1 }), call("2", { ...gone, abandoned_at_ms: 30 }),
    call("3", { ...gone, abandoned_at_ms: 20 }), call("4", { state: "abandoned", ring_back_until_ms: null }), call("5", {}),
  ];
  assert.deepEqual(toRingBack(all).map((each) => each.id), ["3", "2", "1"]);
});

test("only what was taken from me is told to me", () => {
  const before = new Map([["1", "7"], ["2", "7"], ["3", "8"], ["4", "7"]]);
  const all = [
    call("1", { operator: "8", taken_from: "7" }), call("2", { operator: "7" }), call("3", { operator: "9", taken_from: "8" }),
    call("4", { operator: "8", taken_from: null }), /* put through, not taken */
  ];
  assert.deepEqual(takenFrom(before, all, "7").map((each) => each.id), ["1"]);
});
