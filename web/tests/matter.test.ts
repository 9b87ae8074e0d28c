import assert from "node:assert/strict";
import { test } from "node:test";
import { eventArgs, inputsOf, isDay, objectionsOf, readPairs } from "../console/event_form";
import { inOrder, queues, standsIn, type QueueWorld } from "../console/matter_queues";
import { addedDays, isAdditions } from "../console/additions";
import { madeBy, versionNow, withOwn } from "../console/own_changes";
import { applyFrame, loadBoard, matterCase, rows } from "../shared/board";
import { fieldText, holds, postsOf, stateText, type Content } from "../shared/procedure";
import type { CaseRow, MatterChoice, MatterRow } from "../shared/types";

const aMatter = (id: string, more: Partial<MatterRow> = {}): MatterRow => ({
  id, procedure: "letter", category: "working", waits_for: "", supervised: false, offer_hash: "", offered_to: null,
  due_at_ms: null, ...more,
}) as MatterRow;

const world: QueueWorld = {
  now: 1000, paused: new Set(["4"]), supervisedUntil: new Map([["6", 5000], ["7", 2000]]), mine: (agency) => agency === "2",
};
const some = [
  aMatter("1", { due_at_ms: 3000 }), aMatter("2", { due_at_ms: 999 }), aMatter("3", { due_at_ms: 1000, waits_for: "citizen" }),
  aMatter("4"), aMatter("5", { offer_hash: "ab", offered_to: "2", due_at_ms: 2000 }),
  aMatter("6", { supervised: true }), aMatter("7", { supervised: true }), aMatter("8", { offer_hash: "cd", offered_to: "3" }),
];
const ids = (list: readonly MatterRow[]): string[] => list.map((each) => each.id);

test("queues by clock: overdue, due next, waiting, offered to us, supervised by date", () => {
  assert.deepEqual(ids(inOrder("overdue", some, world)), ["2"]);
  assert.deepEqual(ids(inOrder("next", some, world)), ["3", "5", "1"], "due this very moment is not overdue");
  assert.deepEqual(ids(inOrder("waiting", some, world)), ["3", "4"]);
  assert.deepEqual(ids(inOrder("offers", some, world)), ["5"]);
  assert.deepEqual(ids(inOrder("supervised", some, world)), ["7", "6"]);
  assert.deepEqual(ids(inOrder("all", some, world)), ["2", "3", "5", "1", "4", "6", "7", "8"], "what has no date comes last");
});

test("overdue is computed: time alone moves a matter from one queue to the other", () => {
  const row = aMatter("1", { due_at_ms: 1000 });
  assert.deepEqual(queues.filter((each) => standsIn(each, row, world)), ["all", "next"]);
  assert.deepEqual(queues.filter((each) => standsIn(each, row, { ...world, now: 1001 })), ["all", "overdue"]);
});

test("matters are no incidents: their case rows stand apart, and leave when they are over", () => {
  const row = (id: string, procedure: string, more: Partial<CaseRow> = {}): CaseRow => ({ id, procedure, state: "received", version: 3, ...more }) as CaseRow;
  loadBoard({ seq: 1, now_ms: 0, rows: { case: [row("1", "emergency"), row("2", "letter")], matter: [aMatter("2")] } });
  assert.deepEqual([...rows("case").keys()], ["1"]);
  assert.equal(matterCase("2")?.version, 3);
  assert.equal(matterCase("1"), undefined);
  applyFrame({ seq: 2, at_ms: 1, upsert: { case: [row("2", "letter", { state: "closed" })], matter: [aMatter("2", { category: "final" })] } });
  assert.equal(matterCase("2"), undefined);
  assert.equal(rows("matter").size, 0);
  applyFrame({ seq: 3, at_ms: 2, upsert: { case: [row("2", "letter")] }, remove: { case: ["1"] } });
  assert.equal(matterCase("2")?.id, "2");
  applyFrame({ seq: 4, at_ms: 3, remove: { case: ["2"] } });
  assert.equal(matterCase("2"), undefined);
});

const content = {
  procedure: "letter", title: { en: "Letter" },
  roles: { citizen: { body: "citizen", label: { en: "Writer" } }, clerk: { body: "desk", label: { en: "Clerk", "zh-Hans": "值班员" } } },
  fields: {
    subject: { type: "text", label: { en: "Subject" } }, kind: { type: "choice", label: { en: "Kind" }, words: { question: { en: "Question" } } },
    on: { type: "date", label: { en: "Day" } }, many: { type: "integer", label: { en: "How many" } }, agreed: { type: "yes_no", label: { en: "Agreed" } },
  },
  events: {}, regions: { handling: { states: { open: { states: { asked: { public: { en: "Asked" } } } } } } },
} as unknown as Content;

test("names come from the edition, and stand for themselves where it has none", () => {
  assert.equal(fieldText(content, "subject", "en"), "Subject");
  assert.equal(fieldText(content, "colour", "en"), "colour");
  assert.equal(fieldText(undefined, "subject", "en"), "subject");
  assert.equal(stateText(content, "asked", "zh-Hans"), "Asked", "a state within a state; English where the language is missing");
  assert.deepEqual(postsOf(content), ["clerk"]);
  assert.ok(holds("clerk mediation:mediator", "letter", "clerk"));
  assert.ok(holds("letter:clerk", "letter", "clerk"));
  assert.ok(!holds("mediation:clerk", "letter", "clerk"));
  assert.ok(!holds("", "letter", ""));
});

const choice: MatterChoice = {
  event: "register", needs: ["subject", "kind", "on", "many", "agreed", "offer_hash"], missing: ["subject", "kind"], takes: ["agency"],
  spared: "none",
};

test("what a form objects to, by field; what it sends, by type", () => {
  const inputs = inputsOf(choice, content);
  assert.deepEqual(inputs.map((each) => each.name), ["subject", "kind", "on", "many", "agreed", "agency"], "nobody types a hash");
  assert.deepEqual(objectionsOf(inputs, { on: "2026-02-30", many: "3.5", agreed: "perhaps" }), {
    subject: "missing", kind: "missing", on: "date", many: "number", agreed: "word", agency: "missing",
  });
  assert.deepEqual(objectionsOf(inputs, { subject: " ", kind: "rumour", agency: "2" }), { subject: "missing", kind: "word" });
  const values = { subject: " Lamp ", kind: "question", on: "2026-03-31", many: "12", agreed: "no", agency: "2" };
  assert.deepEqual(objectionsOf(inputs, values), {});
  assert.deepEqual(eventArgs(choice, inputs, values, "beef"), {
    event: "register", agency: "2",
    fields: { subject: "Lamp", kind: "question", on: "2026-03-31", many: 12, agreed: false, offer_hash: "beef" },
  });
  const few = eventArgs({ ...choice, needs: ["subject", "kind"], takes: [] }, inputsOf({ ...choice, needs: ["subject", "kind"], takes: [] }, content), { subject: "x", kind: "" }, "beef");
  assert.deepEqual(few, { event: "register", fields: { subject: "x" } }, "what is left empty stays as it was");
});

test("days are days", () => {
  for (const day of ["2026-02-28", "2024-02-29"]) assert.ok(isDay(day), day);
  for (const day of ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", ""]) assert.ok(!isDay(day), day);
});

test("a line's values go from their name to the next", () => {
  assert.deepEqual(readPairs("subject=Dark lamp in Elm Street kind=request"), { subject: "Dark lamp in Elm Street", kind: "request" });
  assert.deepEqual(readPairs(""), {});
  assert.deepEqual(readPairs("subject="), { subject: "" });
  assert.deepEqual(readPairs("reason=a = b"), { reason: "a = b" });
  assert.equal(readPairs("Dark lamp"), null);
  assert.equal(readPairs("so subject=x"), null);
});

test("the days that additions to a calendar make others", () => {
  const text = "additions_to: cn\nedition: 1\nyears:\n  - year: 2026\n    notices:\n      - 2026-01-05, No. 3\n    off:\n      - 2026-06-01 to 2026-06-02, festival\n    work:\n      - 2026-06-06, make-up\n";
  assert.ok(isAdditions(text) && !isAdditions("calendar: cn\n"));
  assert.deepEqual(addedDays(text), [
    { day: "2026-06-01", works: false, source: "festival" }, { day: "2026-06-02", works: false, source: "festival" },
    { day: "2026-06-06", works: true, source: "make-up" },
  ]);
});

test("what one changed oneself has been read; what anybody else changed has not", () => {
  const at = (version: number, id = "7"): CaseRow => ({ id, version }) as CaseRow;
  const once = withOwn(null, 2, at(3)), twice = withOwn(once, 3, at(5));
  assert.equal(versionNow(null, "7", 2), 2);
  assert.equal(versionNow(once, "7", 2), 3);
  assert.deepEqual([2, 3, 4, 5].map((read) => versionNow(twice, "7", read)), [5, 5, 5, 5]);
  assert.equal(versionNow(twice, "8", 2), 2, "another matter");
  assert.equal(versionNow(twice, "7", 1), 1, "older than what was read before it");
  const after = withOwn(twice, 6, at(7)); /* somebody made 6 of 5, and that was read */
  assert.deepEqual([2, 5, 6, 7].map((read) => versionNow(after, "7", read)), [2, 5, 7, 7], "a sheet from before the other's change is stale");
  assert.equal(versionNow(withOwn(twice, 2, at(3, "8")), "8", 2), 3);
  assert.equal(madeBy({ replayed: false, case: at(3) }, "7")?.version, 3);
  assert.equal(madeBy({ replayed: true, case: at(4) }, "7"), undefined, "an answer given again shows what others made of it");
  assert.equal(madeBy({ replayed: true }, "7"), undefined, "nor may it still be seen");
  assert.equal(madeBy({ replayed: false, case: at(3, "8") }, "7"), undefined);
});
