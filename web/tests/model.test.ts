import assert from "node:assert/strict";
import { test } from "node:test";
import { applyFrame, boardSeq, clockOfCase, loadBoard, row, rows } from "../shared/board";
import { span } from "../shared/time";
import type { CaseRow, ClockRow, UnitRow } from "../shared/types";
import { assignmentStates, isActive, isAssignmentOpen, nextStates } from "../shared/words";

const aCase = (id: string, more: Partial<CaseRow> = {}): CaseRow =>
  ({ id, procedure: "emergency", state: "received", version: 1, ...more }) as CaseRow;
const aClock = (id: string, more: Partial<ClockRow>): ClockRow =>
  ({ id, kind: "dispatch", case: null, contact: null, stopped_at_ms: null, ...more }) as ClockRow;

test("a frame adds, replaces and removes rows", () => {
  loadBoard({ seq: 5, now_ms: 0, rows: { case: [aCase("1"), aCase("2")] } });
  applyFrame({ seq: 6, at_ms: 1, upsert: { case: [aCase("2", { version: 2 }), aCase("3")] }, remove: { case: ["1"] } });
  assert.deepEqual([...rows("case").keys()], ["2", "3"]);
  assert.equal(row("case", "2")?.version, 2);
  assert.equal(boardSeq.value, 6);
});

test("a case that was closed or merged leaves the board, and one reopened comes back", () => {
  loadBoard({ seq: 1, now_ms: 0, rows: { case: [aCase("1"), aCase("2")] } });
  applyFrame({ seq: 2, at_ms: 1, upsert: { case: [aCase("1", { state: "closed" }), aCase("2", { state: "merged" })] } });
  assert.equal(rows("case").size, 0);
  applyFrame({ seq: 3, at_ms: 1, upsert: { case: [aCase("1")] } });
  assert.equal(rows("case").size, 1);
});

test("a fetched board replaces everything that was there", () => {
  loadBoard({ seq: 1, now_ms: 0, rows: { case: [aCase("1")], unit: [{ id: "7" } as UnitRow] } });
  loadBoard({ seq: 9, now_ms: 0, rows: { case: [aCase("4")] } });
  assert.deepEqual([...rows("case").keys()], ["4"]);
  assert.equal(rows("unit").size, 0);
});

test("of a case's running clocks the one due first is shown", () => {
  loadBoard({
    seq: 1, now_ms: 0,
    rows: { clock: [aClock("1", { case: "1", due_at_ms: 900 }), aClock("2", { case: "1", due_at_ms: 500 })] },
  });
  assert.equal(clockOfCase.value.get("1")?.id, "2");
  applyFrame({ seq: 2, at_ms: 1, upsert: { clock: [aClock("2", { case: "1", due_at_ms: 500, stopped_at_ms: 400 })] } });
  assert.equal(clockOfCase.value.get("1")?.id, "1");
});

test("steps only go forward, and a waiting unit must be sent first", () => {
  assert.deepEqual(nextStates("reserved"), ["assigned"]);
  assert.deepEqual(nextStates("stacked"), ["assigned"]);
  assert.equal(nextStates("assigned")[0], "acknowledged");
  assert.ok(!nextStates("on_scene").includes("en_route"));
  assert.deepEqual(nextStates("cleared"), []);
  for (const state of assignmentStates) assert.ok(!isActive(state) || isAssignmentOpen(state));
});

test("spans are short and never ambiguous", () => {
  assert.equal(span(0), "0:00");
  assert.equal(span(61_000), "1:01");
  assert.equal(span(-61_000), "1:01");
  assert.equal(span(3_600_000), "1:00:00");
  assert.equal(span(3 * 86_400_000 + 3_600_000), "3d 1:00");
});
