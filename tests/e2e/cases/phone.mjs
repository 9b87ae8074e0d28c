/* Telephones: calls from an exchange (SIPp, where it is installed), shared by two operators; roll-over, take-over, ringing back. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, until } from "../browser.mjs";
import { Client } from "../server.mjs";

const GATEWAY = { login: "exchange", password: "a switch of many lines" };
const once = () => ({ "Idempotency-Key": randomUUID() });
const scenarios = join(root, "tests/telephone");
const noSipp = () => spawnSync("sipp", ["-v"]).error !== undefined;

/* The exchange's account, and a second operator's place: made once. */
async function house(world) {
  if (world.exchange) return world.exchange;
  const api = await world.api();
  const made = { number: "9001", roles: ["gateway"], jurisdiction: "1" };
  const { operator } = await api.must("POST", "/v1/operators", made, once());
  await api.must("POST", `/v1/operators/${operator.id}/account`, GATEWAY, once());
  world.exchange = await new Client(world.server).logIn(GATEWAY.login, GATEWAY.password);
  return world.exchange;
}

/* Calls of the exchange, without SIP. */
async function caller(world) {
  const exchange = await house(world);
  const call = `${randomUUID()}@test`;
  const say = async (event, more = {}) =>
    (await exchange.must("POST", "/v1/contacts", { channel: "call", call, event, ...more })).contact;
  return say;
}

/* --- SIPp ------------------------------------------------------------------------------------------------- */

class Bridge {
  constructor(server) {
    this.folder = mkdtempSync(join(tmpdir(), "bellman-phone-"));
    const secret = join(this.folder, "password");
    writeFileSync(secret, `${GATEWAY.password}\n`, { mode: 0o600 });
    this.child = spawn(server.program, ["telephone", "--desk", server.origin, "--account", GATEWAY.login, "--password-file", secret,
      "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
    this.log = "";
    this.child.stderr.on("data", (chunk) => (this.log += chunk));
    this.ready = new Promise((resolve, reject) => {
      this.child.stdout.on("data", (chunk) => resolve(Number(/udp 127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1])));
      this.child.on("exit", (code) => reject(new Error(`the bridge ended (${code}):\n${this.log}`)));
    });
  }

  async stop() {
    if (this.child.exitCode === null) await new Promise((resolve) => { this.child.once("exit", resolve); this.child.kill("SIGTERM"); });
    rmSync(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }
}

/* Runs one scenario; `done` is true once it has ended, `end` says how, `waits` what it measured itself, in ms. */
function sipp(folder, scenario, port, rows, ...options) {
  const run = { done: false, text: "" };
  const lines = join(folder, `${scenario}.csv`);
  writeFileSync(lines, `SEQUENTIAL\n${rows.map((row) => row.join(";")).join("\n")}\n`);
  const child = spawn("sipp", [`127.0.0.1:${port}`, "-sf", join(scenarios, `${scenario}.xml`), "-inf", lines, "-m", String(rows.length), "-r", "5",
    "-i", "127.0.0.1", "-nostdin", "-timeout", "300s", "-trace_rtt", "-rtt_freq", "1", ...options], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk) => (run.text += chunk));
  run.end = new Promise((resolve) => child.on("exit", (code) => { run.done = true; resolve(code); }));
  run.kill = () => child.kill("SIGKILL");
  run.waits = () => {
    const file = readdirSync(folder).find((name) => /_rtt\.csv$/.test(name) && name.startsWith(scenario));
    return readFileSync(join(folder, file), "utf8").trim().split("\n").slice(1).map((line) => Number(line.split(";")[1])).sort((a, b) => a - b);
  };
  return run;
}

/* By keys alone: answers the oldest, says what came of it, until nobody rings any more.  Who was second is told, and goes on. */
async function work(desk, keys, run) {
  let took = 0;
  const { page } = desk;
  for (;;) {
    await until(async () => run.done || (await desk.$('[data-contact][data-state="ringing"]').count()) > 0, "a call, or the end");
    if (run.done) return took;
    const bad = desk.$('[data-message="bad"]');
    if (await bad.count()) { /* of the call before: what is said next is about this one */
      await desk.$(".message.bad button").click();
      await bad.waitFor({ state: "detached" });
    }
    await page.keyboard.press("c");
    await until(async () => page.url().includes("/open?contact=") || run.done || (await bad.count()) > 0, "an answer");
    if (!page.url().includes("/open?contact=")) continue; /* the other was quicker */
    const id = new URL(page.url()).searchParams.get("contact");
    await desk.$("#open-form :focus").waitFor();
    await page.keyboard.press("Escape");
    await desk.$(`[data-contact="${id}"][data-state="answered"]`).waitFor();
    await page.keyboard.press(keys[took % keys.length]);
    if (keys[took % keys.length] === "s") await desk.$("#silent-call").getByRole("button", { name: "No answer" }).click();
    await desk.$(`[data-contact="${id}"]`).waitFor({ state: "detached" });
    took++;
  }
}

const rank = (waits, percent) => waits[Math.ceil((percent * waits.length) / 100) - 1];

async function twentyCalls(world) {
  if (noSipp()) {
    console.log("skipped: no sipp (Debian: sip-tester)");
    return;
  }
  await house(world);
  const one = await world.at(world.admin), two = await world.at(world.second);
  const bridge = new Bridge(world.server), folder = mkdtempSync(join(tmpdir(), "bellman-sipp-"));
  const runs = [];
  try {
    const port = await bridge.ready, from = Date.now(), mark = randomUUID().slice(0, 8);
    const lost = sipp(folder, "abandoned", port, Array.from({ length: 6 }, (_, i) => [`5550${200 + i}`, "1", "trunk-1", `${mark}-lost-${i}`, "X-None: 0"]), "-d", "900");
    runs.push(lost);
    assert.equal(await lost.end, 0, lost.text.slice(-2000));
    await until(async () => (await one.$("[data-ring-back]").count()) >= 6, "six to be rung back");
    const kept = sipp(folder, "answered", port, Array.from({ length: 14 }, (_, i) => [`+86138${i}`, "1", "trunk-1", `${mark}-kept-${i}`, "2"]));
    runs.push(kept); /* these ring until somebody answers */
    await one.$('[data-contact][data-state="ringing"]').first().getByText("rings at position 1").waitFor();
    await one.$("[data-longest]").waitFor(); /* in the header, for whoever is on another page */
    await world.shot(one, "phone-ringing");
    const took = await Promise.all([work(one, ["u", "w", "s"], kept), work(two, ["w", "u"], kept)]);
    assert.equal(await kept.end, 0, kept.text.slice(-2000));
    assert.equal(took[0] + took[1], 14);
    assert.ok(took[0] > 0 && took[1] > 0, `shared: ${took}`);
    await figures(world, mark, from, kept.waits(), took);
    await world.shot(two, "phone-ring-back");
  } finally {
    for (const run of runs) run.kill();
    assert.equal(await bridge.stop(), 0, bridge.log);
    rmSync(folder, { recursive: true, force: true });
  }
}

/* Each figure of the report against what SIPp did, and its waits against those that SIPp measured at its own end. */
async function figures(world, mark, from, measured, took) {
  const api = await world.api();
  const { rows } = await api.must("GET", "/v1/contacts?newest=1&limit=200");
  const mine = rows.filter((row) => row.recording.startsWith(mark));
  assert.equal(mine.length, 20);
  assert.ok(mine.every((row) => row.line === "110" && row.trunk === "trunk-1" && row.rang_at_ms >= from));
  const answered = mine.filter((row) => row.answered_at_ms);
  const waits = answered.map((row) => row.answered_at_ms - row.rang_at_ms).sort((a, b) => a - b);
  assert.equal(measured.length, 14);
  /* SIPp's span holds the desk's: it begins before the desk hears of the call, and ends after the desk knows the answer.  What lies
   * between is the way to and fro, and whatever else the machine does: no wait is held to a number of milliseconds. */
  const sum = (list) => list.reduce((all, one) => all + one, 0);
  waits.forEach((wait, i) => assert.ok(wait <= measured[i] + 100, `the desk says ${wait} ms, SIPp no more than ${measured[i]}`));
  assert.ok(sum(waits) > sum(measured) / 2, `the desk says ${waits} ms, SIPp ${measured}`);
  const report = await api.must("GET", `/v1/reports/answer?from_ms=${from}&to_ms=${Date.now()}&by=operator&short_s=0`);
  const { all } = report;
  assert.deepEqual([all.offered, all.answered, all.abandoned, all.abandoned_short, all.ringing, all.elsewhere, all.out_of_order], [20, 14, 6, 0, 0, 0, 0]);
  assert.deepEqual([all.median_ms, all.p90_ms, all.p95_ms, all.longest_ms], [rank(waits, 50), rank(waits, 90), rank(waits, 95), waits.at(-1)]);
  report.bands.forEach((band, i) => {
    assert.equal(all.bands[i].numerator, waits.filter((wait) => wait <= band.most_ms).length);
    assert.deepEqual([all.bands[i].denominator, all.bands[i].denominator_offered], [14, 20]);
  });
  assert.ok(report.bands.length > 0);
  const results = Object.entries(all.results).filter(([name]) => ["nuisance", "misdial", "silent"].includes(name));
  assert.equal(results.reduce((sum, [, count]) => sum + count, 0), 14);
  const byOperator = report.groups.filter((group) => group.answered).map((group) => group.answered).sort((a, b) => a - b);
  assert.deepEqual(byOperator, [...took].sort((a, b) => a - b));
  const byLine = await api.must("GET", `/v1/reports/answer?from_ms=${from}&to_ms=${Date.now()}&by=line&short_s=0`);
  assert.deepEqual(byLine.groups.map((group) => [group.line, group.offered]), [["110", 20]]);
}

/* --- without SIP ------------------------------------------------------------------------------------------ */

async function rollsOver(world) {
  const api = await world.api();
  const position = async (body) => (await api.must("POST", "/v1/desk-positions", { jurisdiction: "1", ...body }, once())).desk_position;
  const last = await position({ code: "R2", name: "Second chair" });
  await position({ code: "R1", name: "First chair", lines: "110-9", next: last.id, rollover_ms: 1000 });
  const desk = await world.at(world.second);
  await api.must("POST", `/v1/desk-positions/${last.id}/log-on`, {}, once());
  const say = await caller(world);
  const { id, position: first } = await say("ringing", { line: "110-9" });
  const row = desk.$(`[data-contact="${id}"]`);
  assert.equal(first, "R1"); /* for one second, which a busy page may not show */
  await row.getByText("rings at position R2").waitFor();
  await row.getByText("rolled over 1×").waitFor();
  await say("answered"); /* a handset there: whoever sits there has it */
  await row.getByText("with 1001").waitFor();
  await say("transferred", { position: "R1" });
  await row.getByText("put through 1×").waitFor();
  await say("ended");
  await row.getByText("line free since").waitFor();
  await world.shot(desk, "phone-rolled");
  await api.must("POST", `/v1/contacts/${id}/end`, { result: "test" }, once());
  await api.must("POST", `/v1/desk-positions/${last.id}/log-off`, {}, once());
}

async function takesOver(world) {
  const one = await world.at(world.admin), two = await world.at(world.second);
  const say = await caller(world);
  const { id } = await say("ringing", { number: "555 0170" });
  await one.$(`[data-contact="${id}"]`).waitFor();
  await one.$(`[data-contact="${id}"]`).getByRole("button", { name: /^Answer/ }).click();
  const row = two.$(`[data-contact="${id}"]`);
  await row.getByText("with 1001").waitFor();
  await two.page.keyboard.press("g");
  await row.getByText("taken over from 1001").waitFor();
  await two.page.waitForURL(/\/open\?contact=/);
  await one.page.getByText(`1002 took contact ${id} over from you`).waitFor(); /* who lost it is told by whom, and when */
  await row.getByRole("button", { name: /^End …/ }).click();
  await two.field("language", `[data-contact="${id}"] form`).fill("yue");
  await two.field("interpreter", `[data-contact="${id}"] form`).selectOption("needed");
  await row.getByRole("button", { name: "Note the language" }).click();
  await one.$(`[data-contact="${id}"]`).getByText("speaks yue").waitFor();
  await one.$(`[data-contact="${id}"]`).getByText("Interpreter: needed").waitFor();
  const stale = await (await world.api()).call("POST", `/v1/contacts/${id}/take`, { from: "1" }, once());
  assert.deepEqual([stale.status, stale.body.code], [409, "stale-status"]);
  await row.getByRole("button", { name: "Misdial" }).click();
  await row.waitFor({ state: "detached" });
}

async function ringsBack(world) {
  const desk = await world.at(world.second);
  const say = await caller(world);
  const { id } = await say("ringing", { number: "555 0181" });
  await say("abandoned");
  const row = desk.$(`[data-ring-back="${id}"]`);
  await row.getByRole("button", { name: /^Show the number/ }).click();
  await row.getByText("555 0181").waitFor();
  await row.getByRole("button", { name: /^Busy/ }).click();
  await row.getByText("rung back 1×, last: Busy").waitFor();
  const { violations } = await desk.axe();
  assert.deepEqual(violations, []);
  await world.shot(desk, "phone-back");
  const again = await caller(world);
  const next = await again("ringing", { number: "5550181" }); /* the same number, written otherwise */
  await row.waitFor({ state: "detached" });
  const { contact } = await (await world.api()).must("GET", `/v1/contacts/${id}`);
  assert.deepEqual([contact.state, contact.result, contact.called_again], ["ended", "called_again", next.id]);
  await desk.$(`[data-contact="${next.id}"]`).getByRole("button", { name: /^Answer/ }).click();
  await desk.$(`[data-contact="${next.id}"]`).getByRole("button", { name: /^Nuisance/ }).click();
  await desk.$(`[data-contact="${next.id}"]`).waitFor({ state: "detached" });
}

async function lettersAreNoNumber(world) {
  const desk = await world.at(world.second);
  await desk.page.getByRole("button", { name: "Note a contact" }).click();
  await desk.field("number", "#contact-form").fill("0800 HELP");
  await desk.field("text", "#contact-form").fill("He spelt it.");
  await desk.$('#contact-form button[type="submit"]').click();
  await desk.$("#contact-form .problem").waitFor();
  assert.equal(await desk.field("number", "#contact-form").getAttribute("aria-invalid"), "true");
  assert.equal(await desk.field("text", "#contact-form").inputValue(), "He spelt it.", "nothing is lost");
  await desk.field("number", "#contact-form").fill("0800 4357");
  await desk.$('#contact-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/open\?contact=\d+$/);
  const id = new URL(desk.page.url()).searchParams.get("contact");
  await desk.$("#open-form :focus").waitFor();
  await desk.page.keyboard.press("Escape"); /* out of the field, so that keys are commands */
  await desk.$(`[data-contact="${id}"]`).waitFor();
  await desk.page.keyboard.press("u");
  await desk.page.waitForURL((url) => url.pathname === "/");
  await desk.$(`[data-contact="${id}"]`).waitFor({ state: "detached" });
}

/* On a page whose timers come late: whoever has left the form that opens with an answer is not put back into it. */
async function leftStaysLeft(world) {
  const desk = await world.at(world.second), { page } = desk;
  const say = await caller(world);
  const { id } = await say("ringing", { number: "555 0182" });
  await desk.$(`[data-contact="${id}"][data-state="ringing"]`).waitFor();
  await page.evaluate(() => {
    const inTime = window.setTimeout;
    window.setTimeout = (run, ms = 0, ...more) => inTime(run, ms + 300, ...more);
    window.timersInTime = () => { window.setTimeout = inTime; };
  });
  try {
    await page.keyboard.press("c");
    await page.waitForURL(`**/open?contact=${id}`);
    await desk.$("#open-form :focus").waitFor();
    await page.keyboard.press("Escape");
    await desk.$(`[data-contact="${id}"][data-state="answered"]`).waitFor();
    /* Whatever was still to come has come after two timers behind it. */
    await page.evaluate(() => new Promise((done) => setTimeout(() => setTimeout(done, 300), 300)));
    assert.equal(await desk.$("#open-form :focus").count(), 0, "the focus came back");
    await page.keyboard.press("u");
    await desk.$(`[data-contact="${id}"]`).waitFor({ state: "detached" });
  } finally {
    await page.evaluate(() => window.timersInTime());
  }
}

export const tests = [
  { name: "telephone: twenty calls through SIP, some abandoned, shared by two; every figure of the report", run: twentyCalls },
  { name: "telephone: a call rolls over to the next position, is picked up there and put through", run: rollsOver },
  { name: "telephone: an answered call is taken over, and who lost it is told", run: takesOver },
  { name: "telephone: an abandoned call is rung back, and the same number closes it", run: ringsBack },
  { name: "telephone: whoever left the form of an answer is not put back into it", run: leftStaysLeft },
  { name: "telephone: a number with letters is refused, and nothing is lost", run: lettersAreNoNumber },
];
