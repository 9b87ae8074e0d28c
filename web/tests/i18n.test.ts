import assert from "node:assert/strict";
import { test } from "node:test";
import { langOf, langs, t, setLang, texts, word, type Key } from "../shared/i18n";
import { queues } from "../console/matter_queues";
import * as words from "../shared/words";

const keys = Object.keys(texts.en) as Key[];

test("all languages have the same keys, none empty", () => {
  for (const lang of langs) {
    assert.deepEqual(Object.keys(texts[lang]).sort(), [...keys].sort(), lang);
    for (const key of keys) assert.ok(texts[lang][key].trim(), `${lang} ${key}`);
  }
});

test("every text has the same places for values in all languages", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
  for (const key of keys) {
    for (const lang of langs) assert.deepEqual(places(texts[lang][key]), places(texts.en[key]), `${lang} ${key}`);
  }
});

test("every word of the API has a text", () => {
  const lists: Record<string, readonly string[]> = {
    agency_level: words.agencyLevels, unit_kind: words.unitKinds, duty: words.duties, role: words.roles,
    channel: words.channels, contact_state: words.contactStates, contact_result: words.contactResults,
    case_state: words.caseStates, outcome: words.outcomes, assignment_state: words.assignmentStates,
    mode: words.assignModes, clock_kind: words.clockKinds, profile: words.profiles, rec_reason: words.recReasons,
    passed: words.passedReasons, basis_reason: words.basisReasons, address_kind: words.addressKinds,
    body: words.bodies, force: words.forces, matter_category: words.matterCategories,
    promise_change: words.promiseChanges, alert_kind: words.alertKinds, alert_form: words.alertForms,
    alert_event: words.alertEvents, delivery_state: words.deliveryStates,
    link_kind: words.linkKinds, queue: [...queues, "ratings"],
    step: words.assignmentStates.slice(2), stint_state: words.stintStates, stint_warning: words.stintWarnings,
    place_kind: words.placeKinds, area_kind: words.areaKinds, interpreter: words.interpreters, ring_back: words.ringBacks,
  };
  for (const [list, all] of Object.entries(lists)) {
    for (const each of all) assert.ok(`${list}.${each}` in texts.en, `${list}.${each}`);
  }
});

test("Chinese screens never call a unit 单位", () => {
  for (const key of keys) {
    assert.ok(!texts["zh-Hans"][key].includes("单位"), key);
    assert.ok(!texts["zh-Hant"][key].includes("單位"), key);
  }
});


test("the language follows the browser's list", () => {
  assert.equal(langOf(["zh-CN", "en"]), "zh-Hans");
  assert.equal(langOf(["zh"]), "zh-Hans");
  assert.equal(langOf(["zh-TW"]), "zh-Hant");
  assert.equal(langOf(["zh-Hant-HK"]), "zh-Hant");
  assert.equal(langOf(["de-DE", "zh-HK"]), "zh-Hant");
  assert.equal(langOf(["en-GB", "zh-CN"]), "en");
  assert.equal(langOf(["fr"]), "en");
});

test("values go into their places, and unknown words stay as they are", () => {
  setLang("en");
  assert.equal(t("cases.one", { id: 12 }), "Incident 12");
  assert.equal(word("case_state", "on_scene"), "on scene");
  assert.equal(word("case_state", "from_a_newer_desk"), "from_a_newer_desk");
  assert.equal(word("outcome", null), "–");
});

test("Traditional Chinese texts hold no simplified characters", () => {
  const simplified = /[这们为报员录态处时间关闭开结级类号码编辑详责辖区图页钮务权设请输连线击删动长门见说读认让谁应对发过还进远运达输转载]/;
  for (const key of keys) assert.doesNotMatch(texts["zh-Hant"][key].replace(/[區]/g, ""), simplified, key);
});
