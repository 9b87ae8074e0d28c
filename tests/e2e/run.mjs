/* node run.mjs BELLMAN [--part desk|map|matters] [part of a test's name]
 *
 * The page in a real browser against the real server.  The tests of one run share a desk, which the first of them set
 * up by its link where they are among those that run; screenshots go to build/e2e.  The parts need nothing of each
 * other, so that they may run side by side.  Exits with 77 (skipped) when there is no browser. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Desk, launch, missing, root } from "./browser.mjs";
import { Client, Server } from "./server.mjs";
import { tests as ownData } from "./cases/own_data.mjs";
import { tests as access } from "./cases/access.mjs";
import { tests as desk } from "./cases/desk.mjs";
import { tests as together } from "./cases/together.mjs";
import { tests as work } from "./cases/work.mjs";
import { tests as faults } from "./cases/faults.mjs";
import { tests as reach } from "./cases/reach.mjs";
import { tests as surge } from "./cases/surge.mjs";
import { tests as shift } from "./cases/shift.mjs";
import { tests as safety } from "./cases/safety.mjs";
import { tests as map } from "./cases/map.mjs";
import { tests as matters } from "./cases/matters.mjs";
import { tests as additions } from "./cases/additions.mjs";
import { beginning as heldUpBeginning, tests as heldUp } from "./cases/held_up.mjs";
import { tests as paused } from "./cases/paused.mjs";
import { tests as hands } from "./cases/hands.mjs";
import { tests as procedures } from "./cases/procedures.mjs";
import { tests as phone } from "./cases/phone.mjs";
import { tests as bar } from "./cases/bar.mjs";
import { tests as paper } from "./cases/paper.mjs";
import { tests as reports } from "./cases/reports.mjs";
import { tests as training } from "./cases/training.mjs";
import { tests as locate } from "./cases/locate.mjs";
import { tests as citizens } from "./cases/citizens.mjs";
import { tests as alerts } from "./cases/alerts.mjs";
import { tests as clock } from "./cases/clock.mjs";
import { tests as vitals } from "./cases/vitals.mjs";

const SKIPPED = 77;
const TEST_MS = 400_000; /* the longest looks at thirty views */
const parts = {
  desk: [...access, ...work, ...desk, ...together, ...faults, ...reach, ...surge],
  house: [
    ...paper,
    ...bar,
    ...ownData,
    ...shift,
    ...safety,
    ...training,
    ...locate,
    ...phone,
    ...reports,
    ...alerts,
    ...vitals,
  ],
  map,
  matters: [...heldUpBeginning, ...matters, ...additions, ...hands, ...paused, ...procedures, ...citizens, ...heldUp, ...clock],
};

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* What tests share: the server, the browser, and the people on the desk. */
class World {
  constructor(server, browser) {
    Object.assign(this, { server, browser, desks: [], clients: {}, shots: join(root, "build/e2e") });
    this.admin = { login: "chief", password: "a bell in the night" };
    this.second = { login: "second", password: "another long word" };
    mkdirSync(this.shots, { recursive: true });
  }

  async desk(options) {
    const desk = await Desk.open(this.browser, this.server, options);
    this.desks.push(desk);
    return desk;
  }

  /* A desk with somebody logged in. */
  async at(who, options) {
    const desk = await this.desk(options);
    await desk.logIn(who.login, who.password);
    return desk;
  }

  /* Logged in once per person: hashing a password takes a while, and sessions survive a restart. */
  async api(who = this.admin) {
    this.clients[who.login] ??= await new Client(this.server).logIn(who.login, who.password);
    return this.clients[who.login];
  }

  shot(desk, name) {
    return desk.page.screenshot({ path: join(this.shots, `${name}.png`) });
  }

  /* A browser that draws maps, started when the first test needs one. */
  async drawer() {
    this.drawing ??= await launch({ drawing: true });
    return this.drawing;
  }

  /* Closes what a test opened; complaints of its pages fail it. */
  async tidy() {
    const complaints = this.desks.flatMap((desk) => desk.complaints);
    await Promise.all(this.desks.map((desk) => desk.close().catch(() => {})));
    this.desks = [];
    if (complaints.length) throw new Error(`the page complained:\n  ${complaints.join("\n  ")}`);
  }
}

/* The house that the first tests make by hand, made over HTTP for those that only live in it. */
async function furnish(world) {
  const { server, admin, second } = world;
  const api = (world.clients[admin.login] = new Client(server));
  const once = () => ({ "Idempotency-Key": randomUUID() });
  const token = server.setupLink.split("#")[1];
  const setup = { ...admin, token, number: "1001", agency_code: "HD", agency_name: "Harbour District" };
  api.token = (await api.must("POST", "/v1/setup", setup)).token;
  await api.must("POST", "/v1/agencies", { name: "Quay Station", code: "QS", level: "station", parent: "1" }, once());
  for (const call_sign of ["A-101", "A-102", "B-201"]) {
    const { unit } = await api.must("POST", "/v1/units", { call_sign, kind: "car", jurisdiction: "1" }, once());
    await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" }, once());
  }
  const lin = { number: "1002", name: "Lin", roles: ["call_taker", "dispatcher"], jurisdiction: "1" };
  const { operator } = await api.must("POST", "/v1/operators", lin, once());
  await api.must("POST", `/v1/operators/${operator.id}/account`, second, once());
}

async function runOne(world, test) {
  const begin = Date.now();
  try {
    await within(TEST_MS, test.run(world));
    await world.tidy();
    console.log(`ok - ${test.name} (${Date.now() - begin} ms)`);
    return true;
  } catch (error) {
    console.log(`not ok - ${test.name}\n  ${String(error.stack ?? error).replaceAll("\n", "\n  ")}`);
    for (const [i, desk] of world.desks.entries()) {
      await world.shot(desk, `failed-${test.name.replace(/\W+/g, "-")}-${i}`).catch(() => {});
    }
    await world.tidy().catch(() => {});
    return false;
  }
}

/* What is to run; the first tests come together or not at all. */
function chosen(part, only) {
  const tests = part ? parts[part] : Object.values(parts).flat();
  const wanted = (test) => test.name.includes(only);
  const byHand = tests.some((test) => test.first && wanted(test));
  return tests.filter((test) => (test.first ? byHand : wanted(test)));
}

async function main() {
  const { values, positionals } = parseArgs({ options: { part: { type: "string" } }, allowPositionals: true });
  const [program, only = ""] = positionals;
  if (!program || (values.part && !parts[values.part])) {
    console.log(`node run.mjs BELLMAN [--part ${Object.keys(parts).join("|")}] [part of a test's name]`);
    process.exitCode = 2;
    return;
  }
  const tests = chosen(values.part, only), reason = missing();
  if (reason) {
    console.log(`skipped: ${reason}`);
    console.log(`0 passed, 0 failed, ${tests.length} skipped`);
    process.exitCode = SKIPPED;
    return;
  }
  const server = new Server(program);
  let passed = 0, failed = 0;
  let browser = null, world = null;
  try {
    await server.start();
    browser = await launch();
    world = new World(server, browser);
    if (!tests.some((test) => test.first)) await furnish(world);
    for (const test of tests) {
      if (await runOne(world, test)) passed++;
      else if (failed++, test.first) break; /* without it there is no desk for the others */
    }
  } catch (error) {
    failed++;
    console.log(error.stack ?? error);
  } finally {
    await world?.drawing?.close();
    await browser?.close();
    const complaint = await server.stop();
    if (complaint) failed++;
    if (complaint) console.log(`not ok - the server: ${complaint}`);
    if (failed) console.log(`--- the server's last words ---\n${server.log.slice(-3000)}`);
    server.remove();
  }
  console.log(`${passed} passed, ${failed} failed, ${Math.max(0, tests.length - passed - failed)} skipped`);
  process.exitCode = failed || !passed ? 1 : 0;
}

await main();
