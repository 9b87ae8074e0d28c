/* node show.mjs BELLMAN AREA OSM [OUT]
 *
 * The one demonstration: a real server, two real browsers, about a minute.
 *   1. Two dispatchers send the same ambulance at the same instant: one gets it, the other is told who and when.
 *   2. A bridge is closed: another unit is recommended.
 *   3. The server is killed in mid-sentence and started again: both screens catch up, the half-typed notes are still
 *      there, and the record verifies.
 * Screenshots go to OUT (build/show).  Ends with 1 when any of this is not so. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Desk, launch, missing, root } from "../../tests/e2e/browser.mjs";
import { Client, Server } from "../../tests/e2e/server.mjs";
import { bridges, roadPoints } from "./bridges.mjs";

const [program, area, osm, out = join(root, "build/show")] = process.argv.slice(2);
const password = "a bell in the night";
const people = [{ login: "lin", number: "2101" }, { login: "zhou", number: "2102" }];
const begin = Date.now();

const say = (text) => console.log(`${((Date.now() - begin) / 1000).toFixed(1).padStart(5)} s  ${text}`);
const shot = async (desk, name) => {
  await desk.page.screenshot({ path: join(out, `${name}.png`) });
};

/* --- the desk ------------------------------------------------------------------------------------------------ */

async function furnish(server) {
  const api = new Client(server);
  const setup = { token: server.setupLink.split("#")[1], login: "chief", password, number: "1001",
    agency_code: "SHOW", agency_name: "更城市指挥中心 Gengcheng" };
  api.token = (await api.must("POST", "/v1/setup", setup)).token;
  for (const each of people) {
    const { operator } = await api.must("POST", "/v1/operators",
      { number: each.number, roles: ["call_taker", "dispatcher"], jurisdiction: "1", name: each.login });
    await api.must("POST", `/v1/operators/${operator.id}/account`, { login: each.login, password });
  }
  return api;
}

async function ambulance(api, callSign, [lat, lon]) {
  const { unit } = await api.must("POST", "/v1/units",
    { call_sign: callSign, kind: "ambulance", jurisdiction: "1", capabilities: "ambulance" });
  await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
  const answer = await api.must("POST", "/v1/positions", { positions: [{ unit: unit.id, lat, lon }] });
  assert.equal(answer.taken, 1);
  return unit.id;
}

/* --- where a bridge matters ------------------------------------------------------------------------------------ */

const eta = async (api, from, to) => (await api.must("GET", `/v1/roads/eta?from=${from}&to=${to}`)).travel_ms;

async function whileClosed(api, line, work) {
  const { place } = await api.must("POST", "/v1/road-closures", { name: "rehearsal", form: "line", points: line });
  try {
    return await work();
  } finally {
    await api.must("DELETE", `/v1/road-closures/${place.id}`);
  }
}

/* A place on one bank, an ambulance just across the bridge, and one on the place's own bank that is nearer only once
 * the bridge is closed. */
async function findScene(api) {
  const text = readFileSync(osm, "utf8");
  const points = roadPoints(text);
  for (const bridge of bridges(text)) {
    for (const [near, far] of [[bridge.first, bridge.last], [bridge.last, bridge.first]]) {
      const place = bridge.beyond(near, 350), across = bridge.beyond(far, 350);
      const by = await eta(api, across, place);
      if (!by) continue;
      const round = await whileClosed(api, bridge.across(), () => eta(api, across, place));
      if (!round || round < by * 2) continue;
      for (const own of points) {
        const time = await eta(api, own, place);
        if (!time || time < by * 1.3 || time > round * 0.7) continue;
        const still = await whileClosed(api, bridge.across(), () => eta(api, own, place));
        if (still && still < round * 0.8) return { bridge, place, across, own, by, time, round };
      }
    }
  }
  throw new Error("no bridge of this city matters enough");
}

/* --- what is seen -------------------------------------------------------------------------------------------------- */

async function openMedical(desk, [lat, lon], address) {
  const api = desk.api;
  const opened = (await api.must("POST", "/v1/cases", { class: "medical", lat, lon, address, address_verified: true })).case;
  await desk.row(opened.id).waitFor();
  await desk.show(opened.id);
  return opened.id;
}

const recommended = (desk, unit) => desk.$(`[data-recommended="${unit}"][data-chosen="true"]`).waitFor();

async function raceForOne(desks, ids, cases) {
  for (const desk of desks) await recommended(desk, ids.near);
  await Promise.all(desks.map((desk) => desk.page.locator("body").press("d")));
  const won = desks.map((desk) => desk.$('[data-assignment][data-state="assigned"]').waitFor().then(() => true));
  const lost = desks.map((desk) => desk.$(".rec .problem, .problem").first().waitFor().then(() => false));
  const results = await Promise.all(desks.map((_, i) => Promise.race([won[i], lost[i]])));
  for (const each of [...won, ...lost]) each.catch(() => {});
  assert.deepEqual([...results].sort(), [false, true], "one wins, one is told");
  const winner = results.indexOf(true), loser = 1 - winner;
  const text = await desks[loser].$(".problem").first().innerText();
  assert.match(text, new RegExp(people[winner].number), "who");
  assert.match(text, /\d\d:\d\d:\d\d/, "when");
  await shot(desks[winner], "1-got-the-ambulance");
  await shot(desks[loser], "1-was-told");
  say(`one ambulance, two dispatchers: ${people[winner].login} got it for incident ${cases[winner]}; ${people[loser].login} was told: ${text.replace(/\s+/g, " ")}`);
}

async function closeTheBridge(desks, scene, ids) {
  const id = await openMedical(desks[0], scene.place, "江边 By the river");
  await recommended(desks[0], ids.across);
  await shot(desks[0], "2-before-the-bridge-is-closed");
  say(`incident ${id}: the ambulance across ${scene.bridge.name || "the bridge"} is recommended (${(scene.by / 60000).toFixed(1)} min)`);
  const line = scene.bridge.across().map(([lat, lon]) => `${lat.toFixed(6)},${lon.toFixed(6)}`).join(" ");
  await desks[1].page.locator("body").press("/");
  await desks[1].$("[data-command]").fill(`R ${scene.bridge.name || "Bridge"} ${line}`);
  await desks[1].$("[data-command]").press("Enter");
  await recommended(desks[0], ids.own);
  await shot(desks[0], "2-after-the-bridge-is-closed");
  say(`the bridge is closed by the other dispatcher: now the one on this bank (${(scene.time / 60000).toFixed(1)} min; around it would be ${(scene.round / 60000).toFixed(1)} min)`);
  return id;
}

async function killInMidSentence(server, desks, id) {
  const half = ["The patient is on the third fl", "门禁密码是 77"];
  await desks[1].row(id).waitFor();
  await desks[1].show(id);
  for (const [i, desk] of desks.entries()) await desk.field("text", "#note-form").fill(half[i]);
  await desks[1].$("#note-form .draft-mark").waitFor();
  await server.kill();
  for (const desk of desks) await desk.$('[data-link="lost"]').waitFor();
  await shot(desks[0], "3-the-server-is-gone");
  say("the server was killed; both screens say so");
  await server.start();
  for (const desk of desks) await desk.live();
  for (const [i, desk] of desks.entries()) {
    assert.equal(await desk.field("text", "#note-form").inputValue(), half[i], "the half-typed note is still there");
  }
  await desks[0].field("text", "#note-form").fill(`${half[0]}oor, the lift is broken.`);
  await desks[0].$('#note-form button[type="submit"]').click();
  await desks[1].$('[data-timeline] :text("the lift is broken")').waitFor();
  await shot(desks[0], "3-caught-up");
  await shot(desks[1], "3-caught-up-too");
  say("started again: both caught up, the half-typed notes were still there, one was finished and the other screen shows it");
}

function verify(server) {
  const result = spawnSync(program, ["journal", "verify", server.data], { encoding: "utf8" });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  say(result.stdout.trim().split("\n").at(-1));
}

async function main() {
  mkdirSync(out, { recursive: true });
  const server = new Server(program, ["--roads", join(area, "roads.bmr"), "--tiles", join(area, "map.mbtiles"),
    "--addresses", join(area, "addresses.db")]);
  let browser = null;
  const desks = [];
  try {
    await server.start();
    const api = await furnish(server);
    const scene = await findScene(api);
    const ids = { near: await ambulance(api, "急救-01", scene.own) };
    browser = await launch({ drawing: true });
    for (const [i, who] of people.entries()) {
      const desk = await Desk.open(browser, server,
        { locale: i ? "zh-CN" : "en-GB", viewport: { width: 1440, height: 900 } });
      desks.push(desk);
      await desk.logIn(who.login, password);
      desk.api = await new Client(server).logIn(who.login, password);
    }
    say("two dispatchers are at their desks");
    const cases = [await openMedical(desks[0], scene.place, "A"), await openMedical(desks[1], scene.place, "B")];
    await raceForOne(desks, ids, cases);
    ids.across = await ambulance(api, "急救-02", scene.across);
    ids.own = await ambulance(api, "急救-03", scene.own);
    const id = await closeTheBridge(desks, scene, ids);
    await killInMidSentence(server, desks, id);
    const complaints = desks.flatMap((desk) => desk.complaints);
    assert.deepEqual(complaints, [], "the pages complained");
    await server.stop();
    verify(server);
    say(`shown; screenshots are in ${out}`);
  } catch (error) {
    for (const [i, desk] of desks.entries()) await shot(desk, `failed-${i}`).catch(() => {});
    console.log(server.log.slice(-2000));
    console.error(error.stack ?? error);
    process.exitCode = 1;
  } finally {
    await browser?.close();
    await server.kill();
    server.remove();
  }
}

const reason = !osm ? "usage: node show.mjs BELLMAN AREA OSM [OUT]" : missing();
if (reason) {
  console.error(`nothing shown: ${reason}`);
  process.exitCode = 2;
} else {
  await main();
}
