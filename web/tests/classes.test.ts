import assert from "node:assert/strict";
import { test } from "node:test";
import { exactClass, searchClasses, suggestClasses } from "../console/class_search";
import { crossingOf } from "../console/address_search";
import { placeHeard } from "../console/place_heard";
import { differences, isPlan, NoList, readClasses } from "../console/classes_file";
import type { ClassRow } from "../shared/types";

const aClass = (code: string, priority: number, more: Partial<ClassRow> = {}): ClassRow => ({
  id: code, code, priority, name_en: code, name_hans: code, name_hant: code, active: true, dispatch_ms: 1,
  acknowledge_ms: 1, arrive_ms: 1, report_back_ms: 1, close_ms: 1, seq: "1", ...more,
});
const all = [
  aClass("fire", 1, { name_en: "Fire", name_hans: "火灾", name_hant: "火災", words_en: "smoke burn flames not out", words_hans: "冒烟 着火 起火" }),
  aClass("traffic", 2, { name_en: "Traffic accident", name_hans: "交通事故", name_hant: "交通事故", words_en: "crash collision", words_hans: "撞车 追尾" }),
  aClass("theft", 3, { name_en: "Theft", name_hans: "盗窃", name_hant: "竊盜", words_en: "stolen", words_hans: "偷 被偷 小偷" }),
  aClass("old", 1, { name_en: "Firework", active: false }),
];
const codes = (list: readonly ClassRow[]): string[] => list.map((row) => row.code);

test("a class is found by code, by name in any language, by a caller's word", () => {
  assert.deepEqual(codes(searchClasses(all, "")), ["fire", "traffic", "theft"]);
  assert.deepEqual(codes(searchClasses(all, "FIRE")), ["fire"]);
  assert.deepEqual(codes(searchClasses(all, "t")), ["traffic", "theft"]);
  assert.deepEqual(codes(searchClasses(all, "accid")), ["traffic"]);
  assert.deepEqual(codes(searchClasses(all, "交通")), ["traffic"]);
  assert.deepEqual(codes(searchClasses(all, "竊")), ["theft"]);
  assert.deepEqual(codes(searchClasses(all, "smoke")), ["fire"]);
  assert.deepEqual(codes(searchClasses(all, "追尾")), ["traffic"]);
  assert.deepEqual(codes(searchClasses(all, "zzz")), []);
});

test("only a code or a whole name is beyond doubt; what is no longer in use is never chosen", () => {
  assert.equal(exactClass(all, " Theft ")?.code, "theft");
  assert.equal(exactClass(all, "火災")?.code, "fire");
  assert.equal(exactClass(all, "fir"), undefined);
  assert.equal(exactClass(all, "smoke"), undefined);
  assert.equal(exactClass(all, "Firework"), undefined);
});

test("the description suggests classes by what callers say", () => {
  const of = (text: string) => suggestClasses(all, text);
  assert.equal(of("There is Smoke, something is burning")[0]?.row.code, "fire");
  assert.deepEqual(of("There is Smoke, something is burning")[0]?.words, ["smoke", "burn"]);
  assert.equal(of("三楼冒烟了")[0]?.row.code, "fire");
  assert.equal(of("路口两车追尾，有一辆着火起火")[0]?.row.code, "fire", "more words come first");
  assert.deepEqual(of("it is not out of note"), [], "little words say nothing");
  assert.deepEqual(of("smokeless").map((each) => each.row.code), ["fire"], "from four letters on, the beginning counts");
  assert.deepEqual(of("a fireplace is no"), [{ row: all[0], words: ["fire"] }] as never);
});

test("a plan is levels of capability:count", () => {
  assert.ok(isPlan("ambulance:1 police:1; ambulance:2 engine:2"));
  for (const wrong of ["ambulance", "ambulance:0", "ambulance:1;", "Ambulance:1", "a:1,b:2", ""]) assert.ok(!isPlan(wrong), wrong);
});

test("a file with faults is told by class and field", () => {
  const good = { ...aClass("fire", 1), plan: "engine:2" };
  const file = readClasses(JSON.stringify({
    classes: [good, { ...good, name_en: "" }, { ...good, code: "x", priority: "1", plan: "two engines" }, { name_en: "y" }],
  }));
  const told = file.faults.map((each) => `${each.class} ${each.field} ${each.fault}`);
  assert.ok(told.includes("fire name_en missing"));
  assert.ok(told.includes("fire code twice"));
  assert.ok(told.includes("x priority type"));
  assert.ok(told.includes("x plan plan"));
  assert.ok(told.includes("#4 code missing"));
  assert.equal(readClasses(JSON.stringify({ classes: [good] })).faults.length, 0);
});

test("no JSON and no list are different faults", () => {
  let first: unknown, second: unknown;
  try { readClasses("{"); } catch (error) { first = error; }
  try { readClasses("{}"); } catch (error) { second = error; }
  assert.ok(first instanceof SyntaxError);
  assert.ok(second instanceof NoList);
});

test("what a list would change", () => {
  const next = [{ ...aClass("fire", 1), ...all[0] }, { ...all[2], priority: 2 }, aClass("new", 4)] as unknown as Record<string, unknown>[];
  assert.deepEqual(differences(next, all), { added: ["new"], changed: ["theft"], gone: ["traffic"] });
});

test("what is said not to be is no suggestion, and of equals the one told of first leads", () => {
  const row = (code: string, words: string, priority: number): ClassRow =>
    ({ ...all[0], code, priority, name_en: code, name_hans: code, name_hant: code, words_en: "", words_hans: words, words_hant: "" }) as ClassRow;
  const own = [row("injury", "受伤", 1), row("crowd", "堵住", 2), row("traffic", "追尾", 3)];
  const of = (text: string) => suggestClasses(own, text).map((each) => each.row.code);
  assert.deepEqual(of("两辆车追尾，没人受伤，堵住了。"), ["traffic", "crowd"]);
  assert.deepEqual(of("没人管，有人受伤"), ["injury"]);
});

test("a crossing as people write it", () => {
  assert.equal(crossingOf("水阁街与武洲巷路口"), "水阁街 / 武洲巷");
  assert.equal(crossingOf("解放路和中山路口"), "解放路 / 中山路");
  assert.equal(crossingOf("解放路和中山路交叉口"), "解放路 / 中山路");
  assert.equal(crossingOf("High Street and Mill Lane"), "High Street / Mill Lane");
  assert.equal(crossingOf("和平路"), null);
});

test("the place in what the caller says", () => {
  assert.equal(placeHeard("科技九路36号，我爸爸胸口疼得厉害"), "科技九路36号");
  assert.equal(placeHeard("我的电动车在九市胡同13号被偷了。"), "九市胡同13号");
  assert.equal(placeHeard("一辆货车在水阁街与武洲巷路口撞了行人！"), "水阁街 / 武洲巷");
  assert.equal(placeHeard("smoke at 12 Zhongshan Middle Road, second floor"), "12 Zhongshan Middle Road");
  assert.equal(placeHeard("铃江上游江面附近，有人掉进江里了"), "");
});
