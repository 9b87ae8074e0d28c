import assert from "node:assert/strict";
import { test } from "node:test";
import { acknowledged, soundOf, stillSilenced, unheard, type Cause } from "../console/alarms";
import { complete, findVerb, type Sources } from "../console/completion";
import { answerField, questionsOf, withAnswers } from "../console/questions";
import { similarCases } from "../console/similar";
import { asPoint, lengthText, metresBetween, position } from "../shared/geo";
import type { CaseRow, ClassRow } from "../shared/types";

/* --- similar cases -------------------------------------------------------------------------------------------- */

const HOUR = 3_600_000;
const here = { lat: 49.4, lon: 8.7 };
const aCase = (id: string, more: Partial<CaseRow> = {}): CaseRow => ({
  id, state: "received", class: "fire", lat: 49.4, lon: 8.7, first_contact_at_ms: 9 * HOUR, opened_at_ms: 9 * HOUR,
  ...more,
}) as CaseRow;
const north = (metres: number): { lat: number; lon: number } => ({ lat: 49.4 + metres / 111_195, lon: 8.7 });

test("near in space, near in time, the same class: each is a reason, together they come first", () => {
  const cases = [
    aCase("1", { ...north(2000), class: "theft", first_contact_at_ms: 0, opened_at_ms: 0 }), /* nothing in common */
    aCase("2", { ...north(400), class: "theft", first_contact_at_ms: 0, opened_at_ms: 0 }), /* near only */
    aCase("3", { ...north(100) }),
    aCase("4", { ...north(300), class: "theft" }),
  ];
  const found = similarCases({ point: here, class: "fire", at_ms: 9 * HOUR + 600_000 }, cases);
  assert.deepEqual(found.map((each) => each.id), ["3", "4", "2"]);
  const [first, second, third] = found;
  assert.deepEqual([first?.near, first?.recent, first?.sameClass], [true, true, true]);
  assert.deepEqual([second?.near, second?.recent, second?.sameClass], [true, true, false]);
  assert.deepEqual([third?.near, third?.recent, third?.sameClass], [true, false, false]);
  assert.equal(Math.round(first?.metres ?? 0), 100);
  assert.equal(first?.age_ms, 600_000);
});

test("the borders: 500 m and 60 min are outside", () => {
  const at = (metres: number, age: number) => {
    const row = aCase("1", { ...north(metres), class: "theft", first_contact_at_ms: 9 * HOUR - age, opened_at_ms: 9 * HOUR });
    return similarCases({ point: here, class: "fire", at_ms: 9 * HOUR }, [row])[0];
  };
  assert.ok(at(499, 2 * HOUR)?.near);
  assert.equal(at(501, 2 * HOUR), undefined);
  assert.equal(at(501, 0), undefined, "recent alone is not enough where the distance is known");
  assert.equal(at(10, HOUR)?.recent, false);
  assert.equal(at(10, HOUR - 1)?.recent, true);
});

test("without a position what is recent is offered; a fire is seen from afar, but not from another town", () => {
  const asked = { point: null, class: "", at_ms: 9 * HOUR };
  assert.deepEqual(similarCases(asked, [aCase("1"), aCase("2", { first_contact_at_ms: 0 })]).map((each) => each.id), ["1"]);
  const far = (metres: number) => similarCases({ point: here, class: "fire", at_ms: 9 * HOUR }, [aCase("1", north(metres))]);
  assert.equal(far(3000).length, 1);
  assert.equal(far(6000).length, 0);
});

test("closed and merged cases are never offered, and never more than a digit can pick", () => {
  const closed = [aCase("1", { state: "closed" }), aCase("2", { state: "merged" })];
  assert.equal(similarCases({ point: here, class: "fire", at_ms: 9 * HOUR }, closed).length, 0);
  const many = Array.from({ length: 20 }, (_, i) => aCase(String(i + 1), north(i * 10)));
  const found = similarCases({ point: here, class: "fire", at_ms: 9 * HOUR }, many);
  assert.equal(found.length, 9);
  assert.equal(found[0]?.id, "1", "the nearest first");
});

test("distances: a degree of latitude, and how they are written", () => {
  assert.ok(Math.abs(metresBetween({ lat: 0, lon: 0 }, { lat: 1, lon: 0 }) - 111_195) < 5);
  assert.equal(metresBetween(here, here), 0);
  assert.equal(lengthText(87.4), "87 m");
  assert.equal(lengthText(1240), "1.2 km");
  assert.equal(lengthText(12_400), "12 km");
  assert.deepEqual(position("22.5431，114.0579"), { lat: 22.5431, lon: 114.0579 });
  assert.equal(position("91, 8"), null);
  const gcj02 = { lat: 31.2284, lon: 121.4782, datum: "gcj02" };
  for (const text of ["gcj02 31.2284, 121.4782", "GCJ-02：31.2284，121.4782", " gcj 02: 31.2284 121.4782"]) {
    assert.deepEqual(position(text), gcj02, text);
    assert.equal(asPoint(position(text)), null, "where it is, the server knows");
  }
  assert.deepEqual(position("bd09,31.23,121.48"), { lat: 31.23, lon: 121.48, datum: "bd09" });
  assert.deepEqual(position("WGS84 31.23, 121.48"), { lat: 31.23, lon: 121.48 });
  for (const text of ["gcj09 31.2, 121.4", "gcj0231.2, 121.4", "gcj02", "gcj02 Mill Lane", "gcj02 91, 8"]) {
    assert.equal(position(text), null, text);
  }
  assert.equal(position("Mill Lane 8, 9"), null);
});

/* --- completion ------------------------------------------------------------------------------------------------ */

const sources: Sources = {
  verbs: [
    { verb: "D", aliases: ["dispatch"], args: ["case", "units"], hint: "send" },
    { verb: "S", aliases: ["status"], args: ["unit", "status", "text"], hint: "status" },
    { verb: "N", args: ["case", "text"], hint: "note" },
  ],
  words: (kind, before) => {
    if (kind === "case") return [{ value: "12", hint: "Fire · Mill Lane" }, { value: "112" }, { value: "7" }];
    if (kind === "unit" || kind === "units") return [{ value: "A0417" }, { value: "A0418" }, { value: "B02" }];
    return kind === "status" && before[0] === "A0417" ? [{ value: "on_scene", hint: "到场" }] : [];
  },
};
const words = (line: string) => complete(line, sources).words.map((each) => each.value);

test("the verb comes first, by its letter, its word or its meaning", () => {
  assert.deepEqual(words(""), ["D", "S", "N"]);
  assert.deepEqual(words("/d"), ["D"]);
  assert.deepEqual(words("note"), ["N"]);
  assert.equal(findVerb(sources.verbs, "Dispatch")?.verb, "D");
  assert.equal(complete("disp", sources).arg, -1);
});

test("then what belongs there: those that begin so before those that hold it", () => {
  assert.deepEqual(words("D 12"), ["12", "112"]);
  assert.deepEqual(words("D mill"), ["12"]);
  assert.deepEqual(words("dispatch 12 a"), ["A0417", "A0418"]);
  assert.deepEqual(words("D 12 A0417 "), ["A0418", "B02"], "a unit is named once");
  assert.deepEqual(words("D 12 A0417 B02 "), ["A0418"]);
  assert.deepEqual(words("S A0417 "), ["on_scene"]);
  assert.deepEqual(words("S A0417 到"), ["on_scene"]);
  assert.deepEqual(words("S B02 "), []);
});

test("free text and unknown verbs complete to nothing, but the usage is known", () => {
  assert.deepEqual(words("N 12 the door is"), []);
  assert.equal(complete("N 12 the door", sources).verb, "N");
  assert.deepEqual(words("X 1"), []);
  assert.equal(complete("X 1", sources).verb, null);
});

test("a choice replaces the word that is being written, and only that", () => {
  const line = "D 12 A04";
  const { from } = complete(line, sources);
  assert.equal(`${line.slice(0, from)}A0417 `, "D 12 A0417 ");
  assert.equal(complete("/ D 1", sources).from, 4);
  assert.equal(complete("D 12 ", sources).arg, 1);
});

/* --- sound -------------------------------------------------------------------------------------------------------- */

const ring: Cause = { id: "contact/1", kind: "ring", since: 0 };
const beep: Cause = { id: "assignment/1", kind: "beep", since: 0 };
const lost: Cause = { id: "link/1", kind: "alarm", since: 0 };

test("one sound at a time, the most pressing", () => {
  assert.equal(soundOf([], new Set()), null);
  assert.equal(soundOf([beep, ring], new Set()), "ring");
  assert.equal(soundOf([beep, ring, lost], new Set()), "alarm");
});

test("acknowledging silences what is there; what comes later sounds; what comes again sounds again", () => {
  let silenced = acknowledged([ring, beep]);
  assert.equal(soundOf([ring, beep], silenced), null);
  assert.equal(soundOf([ring, beep, { ...ring, id: "contact/2" }], silenced), "ring");
  assert.deepEqual(unheard([ring, beep, lost], silenced), [lost]);
  assert.equal(stillSilenced([ring, beep], silenced), silenced, "nothing forgotten while all are there");
  silenced = stillSilenced([beep], silenced); /* the contact was answered */
  assert.equal(soundOf([ring, beep], silenced), "ring", "and rings anew");
  assert.equal(soundOf([beep], silenced), null);
});

/* --- questions ------------------------------------------------------------------------------------------------------ */

test("answers go into the description, in the order of the questions; unanswered ones leave no trace", () => {
  const row = { questions_en: "Anyone inside?\n\n How many floors? ", questions_hans: "" } as ClassRow;
  const questions = questionsOf(row, "zh-Hans"); /* not asked in that language: better in another than not */
  assert.deepEqual(questions, ["Anyone inside?", "How many floors?"]);
  const values = { [answerField("How many floors?")]: " 6 " };
  assert.equal(withAnswers(" Smoke. ", questions, values), "Smoke.\nHow many floors? 6");
  assert.equal(withAnswers("", questions, {}), "");
  assert.deepEqual(questionsOf(undefined, "en"), []);
});
