/* node run.mjs BELLMAN [part of a test's name]
 *
 * The page in a real browser against the real server.  Every test gets the same desk, which the first of them
 * sets up by its link; screenshots go to build/e2e.  Exits with 77 (skipped) when there is no browser. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Desk, launch, missing, root } from "./browser.mjs";
import { Client, Server } from "./server.mjs";
import { tests as access } from "./cases/access.mjs";
import { tests as desk } from "./cases/desk.mjs";
import { tests as together } from "./cases/together.mjs";
import { tests as work } from "./cases/work.mjs";
import { tests as faults } from "./cases/faults.mjs";
import { tests as reach } from "./cases/reach.mjs";
import { tests as surge } from "./cases/surge.mjs";
import { tests as map } from "./cases/map.mjs";
import { tests as matters } from "./cases/matters.mjs";
import { tests as additions } from "./cases/additions.mjs";
import { tests as heldUp } from "./cases/held_up.mjs";
import { tests as paused } from "./cases/paused.mjs";
import { tests as hands } from "./cases/hands.mjs";
import { tests as procedures } from "./cases/procedures.mjs";
import { tests as citizens } from "./cases/citizens.mjs";

const SKIPPED = 77;
const TEST_MS = 120_000;
const all = [...access, ...work, ...desk, ...together, ...faults, ...reach, ...surge, ...map, ...matters, ...additions, ...hands, ...paused, ...procedures, ...citizens, ...heldUp];

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

async function runOne(world, test) {
  const begin = Date.now();
  try {
    await within(test.ms ?? TEST_MS, test.run(world));
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

async function main() {
  const [program, only] = process.argv.slice(2);
  const reason = program ? missing() : "no program given: node run.mjs BELLMAN";
  if (reason) {
    console.log(`skipped: ${reason}`);
    console.log(`0 passed, 0 failed, ${all.length} skipped`);
    process.exitCode = program ? SKIPPED : 2;
    return;
  }
  const server = new Server(program);
  let passed = 0, failed = 0, skipped = 0;
  let browser = null, world = null;
  try {
    await server.start();
    browser = await launch();
    world = new World(server, browser);
    for (const test of all) {
      if (only && !test.first && !test.name.includes(only)) skipped++;
      else if (await runOne(world, test)) passed++;
      else if (failed++, test.first) break; /* without it there is no desk for the others */
    }
    skipped = all.length - passed - failed;
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
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed ? 1 : 0;
}

await main();
