import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, conflictsOf, rebase, type Base } from "../console/edit_model";

const values = { class: "fire", priority: "2", position: "", verified: "", address: "A", description: "", caller_name: "", caller_number: "" };
const base: Base = { version: 1, values };

test("only what was changed is sent; what was emptied is null", () => {
  assert.deepEqual(changesOf(values, values), {});
  assert.deepEqual(changesOf({ ...values, address: " B ", priority: "1" }, values), { priority: 1, address: "B" });
  assert.deepEqual(changesOf({ ...values, address: "" }, values), { address: null });
  assert.deepEqual(changesOf({ ...values, position: "1.5, 2.5" }, values), { lat: 1.5, lon: 2.5 });
  assert.deepEqual(changesOf(values, { ...values, position: "1.5, 2.5" }), { lat: null, lon: null });
});

test("what somebody else changed is taken over and never sent back as it was", () => {
  const fresh: Base = { version: 2, values: { ...values, description: "Smoke." } };
  const mine = { ...values, address: "B" };
  assert.deepEqual(conflictsOf(mine, base, fresh), []);
  const next = rebase(mine, base, fresh);
  assert.deepEqual(changesOf(next, fresh.values), { address: "B" });
});

test("a field that both changed is a conflict, unless to the same", () => {
  const fresh: Base = { version: 2, values: { ...values, address: "C" } };
  assert.deepEqual(conflictsOf({ ...values, address: "B" }, base, fresh), ["address"]);
  assert.deepEqual(conflictsOf({ ...values, address: "C" }, base, fresh), []);
  assert.deepEqual(changesOf(rebase({ ...values, address: "B" }, base, fresh), fresh.values), { address: "B" });
});
