import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { langs, type Lang } from "../shared/lang";
import { texts, setLang, t, type Key } from "../public/i18n";
import { bytesOf, leading, standing, typedCode, type PublicCase, type PublicPromise, type ReceiptDocument } from "../public/model";
import { movedText } from "../public/views/story";
import { readDocument, signedBytes, verify } from "../public/verify";

/* Node 18 has it, but not by this name. */
if (!("crypto" in globalThis)) Object.assign(globalThis, { crypto: webcrypto });

const keys = Object.keys(texts.en) as Key[];

test("the public page speaks all three languages, with the same places for values", () => {
  const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
  for (const lang of langs) {
    assert.deepEqual(Object.keys(texts[lang]).sort(), [...keys].sort(), lang);
    for (const key of keys) {
      assert.ok(texts[lang][key].trim(), `${lang} ${key}`);
      assert.deepEqual(places(texts[lang][key]), places(texts.en[key]), `${lang} ${key}`);
    }
  }
});

test("the public page's Traditional Chinese holds no simplified characters", () => {
  const simplified = /[这们为报员录态处时间关闭开结级类号码编辑详责辖区图页钮务权设请输连线击删动长门见说读认让谁应对发过还进远运达输转载马吗问网凭复]/;
  for (const key of keys) assert.doesNotMatch(texts["zh-Hant"][key], simplified, key);
  for (const key of keys) assert.doesNotMatch(texts["zh-Hans"][key] + texts["zh-Hant"][key], /单位|單位/, key);
});

test("a value goes into its place in every language", () => {
  for (const lang of ["zh-Hans", "zh-Hant", "en"] as Lang[]) {
    setLang(lang);
    assert.ok(t("unit.working_days", { n: 7 }).includes("7"));
  }
});

test("codes as people type them", () => {
  assert.equal(typedCode("BM-1-0000-0000-0000-0000"), "BM-1-0000-0000-0000-0000");
  assert.equal(typedCode("ｂｍ 1 0000　0000 0000 0000"), "BM-1-0000-0000-0000-0000");
  assert.equal(typedCode("bm1–0000–0000–0000–0000"), "BM1-0000-0000-0000-0000");
  for (const text of ["", "BM-", "what is this", "../../v1/board", "BM-1/0000/0000/0000", `BM-${"0".repeat(80)}`]) {
    assert.equal(typedCode(text), null, text);
  }
  assert.equal(bytesOf("灯a"), 4);
});

const promise = (more: Partial<PublicPromise>): PublicPromise => ({
  clock: "reply", label: {}, due_at_ms: 1000, paused: false, provisional: false, stopped_at_ms: null, breached_at_ms: null, yours: false, ...more,
});

test("where a promise stands", () => {
  assert.equal(standing(promise({}), 999, false), "running");
  assert.equal(standing(promise({}), 1001, false), "overdue");
  assert.equal(standing(promise({ due_at_ms: null, paused: true }), 1001, false), "paused");
  assert.equal(standing(promise({ stopped_at_ms: 900 }), 2000, true), "kept");
  assert.equal(standing(promise({ stopped_at_ms: 1100 }), 2000, true), "late");
  assert.equal(standing(promise({ stopped_at_ms: 900, breached_at_ms: 800 }), 2000, true), "late");
  assert.equal(standing(promise({}), 999, true), "ended");
});

test("until when: what is asked of the citizen while all wait for them, else what was promised to them", () => {
  const promises = [promise({ due_at_ms: null, paused: true }), promise({ clock: "writer_answers", yours: true, due_at_ms: 500 }),
    promise({ clock: "second", due_at_ms: 700 })];
  const matter = { promises, waiting_for_you: true } as PublicCase;
  assert.equal(leading(matter)?.clock, "writer_answers");
  assert.equal(leading({ ...matter, waiting_for_you: false })?.clock, "second");
  assert.equal(leading({ ...matter, promises: [], waiting_for_you: false }), null);
});

test("why a date moved is a sentence of its own for every reason, with the dates in it", () => {
  setLang("en");
  const first = Date.UTC(2026, 11, 8), then = Date.UTC(2026, 11, 18);
  const moved = (why: string, from_ms: number | null, to_ms: number | null) => movedText({ at_ms: first, clock: "reply", label: {}, why, from_ms, to_ms });
  const seen = new Set<string>();
  for (const why of ["extended", "resumed", "reprojected", "migrated"]) {
    const text = moved(why, first, then), same = moved(why, then, then);
    assert.ok(text.includes("8 December 2026") && text.includes("18 December 2026"), text);
    assert.ok(same.includes("18 December 2026") && same !== text, same);
    seen.add(text).add(same);
  }
  seen.add(moved("paused", first, null)).add(moved("breached", first, first)).add(moved("from_a_newer_desk", first, then));
  assert.equal(seen.size, 11);
  assert.ok(moved("breached", first, first).includes("overdue"));
  assert.ok(moved("extended", null, then).includes("18 December 2026"));
});

async function signed(): Promise<{ text: string; key: { key: string; id: string }; document: ReceiptDocument }> {
  const pair = (await webcrypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const document: ReceiptDocument = {
    format: "bellman-receipt-1", desk: "守夜人", code: "BM-1-0000-0000-0000-0000", reference: "7", procedure: "letter",
    received_at: "2026-11-21T20:15:03.123Z", content_hash: "00".repeat(32), promised_at: null, promise_unit: null, provisional: false,
    issued_at: "2026-11-21T20:15:04.000Z", previous: null, key: "ab".repeat(16), signature: "",
  };
  document.signature = hex(await webcrypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, signedBytes(document)));
  const key = { key: hex(await webcrypto.subtle.exportKey("raw", pair.publicKey)), id: document.key };
  return { text: JSON.stringify(document), key, document };
}

test("a receipt holds, and none with a changed word does", async () => {
  const { text, key, document } = await signed();
  assert.equal((await verify(text, key)).is, "good");
  assert.equal((await verify(`\uFEFF${JSON.stringify(document, null, 3)}\n`, key)).is, "good", "white space is nobody's word");
  assert.equal((await verify(text.replace("守夜人", "守夜入"), key)).is, "bad");
  assert.equal((await verify(text.replace('"provisional":false', '"provisional":true'), key)).is, "bad");
  assert.equal((await verify(text, { ...key, id: "00".repeat(16) })).is, "other_key");
  /* A member said twice: what is signed, checked and shown is one and the same object. */
  assert.equal((await verify(text.replace('{"format"', '{"desk":"somebody else","format"'), key)).is, "bad");
});

test("what is no receipt says which member is missing or unknown", async () => {
  const { document } = await signed();
  assert.deepEqual(readDocument("{"), { is: "no_json" });
  assert.deepEqual(readDocument("[]"), { is: "no_json" });
  assert.deepEqual(readDocument(`{"a":"${"x".repeat(20000)}"}`), { is: "no_json" });
  assert.deepEqual(readDocument(JSON.stringify({ ...document, code: 7 })), { is: "no_receipt", member: "code" });
  assert.deepEqual(readDocument(JSON.stringify({ ...document, note: "x" })), { is: "no_receipt", member: "note" });
  assert.deepEqual(readDocument(JSON.stringify({ ...document, format: "bellman-receipt-3" })), { is: "no_receipt", member: "format" });
  /* What stands still has a format of its own, and both its members. */
  const paused = { ...document, format: "bellman-receipt-2", paused_since: "2026-03-03T02:00:00.000Z", paused_because: "waiting_for_party" };
  assert.deepEqual(readDocument(JSON.stringify(paused)), paused);
  assert.deepEqual(readDocument(JSON.stringify({ ...document, format: "bellman-receipt-2" })), { is: "no_receipt", member: "paused_since" });
  assert.deepEqual(readDocument(JSON.stringify({ ...paused, format: "bellman-receipt-1" })), { is: "no_receipt", member: "paused_since" });
  assert.deepEqual(readDocument(JSON.stringify({ ...document, signature: "zz" })), { is: "no_receipt", member: "signature" });
});
