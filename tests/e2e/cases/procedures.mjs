/* Each further procedure from first contact to closed, by those who act in it, each on their own screen; and the citizen's
 * side of it.  (Letters are in matters.mjs and citizens.mjs, incidents of one agency in together.mjs.) */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { publish } from "../publish.mjs";
import { Client } from "../server.mjs";
import { aClass } from "./access.mjs";
import { act, at, houseOf, inState, open } from "./matters.mjs";

async function wholeHouse(world) {
  const house = await houseOf(world);
  if (house.whole) return house;
  house.whole = true;
  const { boss, areas } = house, north = areas.north;
  for (const name of ["hotline-transfer", "joint-response", "oversight", "review", "service", "directive"]) await publish(boss, "procedure", name);
  const partner = { name: "12345 hotline", code: "HOTLINE", level: "partner", parent: "1" };
  areas.hotline = (await boss.must("POST", "/v1/agencies", partner)).agency.id;
  await house.hire("window", "P1", "1", ["officer"], "window clerk");
  await house.hire("mediator", "P2", north, ["officer"], "mediator");
  await house.hire("receiver", "P3", areas.hotline, ["officer"], "receiver");
  await house.hire("examiner", "P4", "1", ["officer"], "service:examiner");
  await house.hire("decider", "P5", "1", ["officer"], "service:unit_head");
  await house.hire("reviewer", "P6", north, ["officer"], "review:examiner");
  await house.hire("signer", "P7", north, ["officer"], "review:unit_head");
  await house.hire("crew", "P8", "1", ["officer"], "directive:handler");
  return house;
}

/* Somebody without an account; every change with a key of its own. */
const anybody = (world) => {
  const client = new Client(world.server);
  return { must: (method, path, body) => client.must(method, path, body, method === "POST" ? { "Idempotency-Key": randomUUID() } : {}) };
};

async function written(world, procedure, text) {
  const { code } = await anybody(world).must("POST", "/public/matters", { procedure, text, name: "Li Hua" });
  const follow = async () => (await anybody(world).must("GET", `/public/cases/${code}`)).case;
  return { code, follow, id: (await follow()).reference };
}

/* The steps of a story: who, what, with what, and where it stands then; everybody at a screen of their own. */
async function play(world, id, steps) {
  const screens = {};
  for (const [who, event, values, state] of steps) {
    const desk = (screens[who] ??= await at(world, who));
    await open(desk, id);
    if (event === "acknowledge" && !values) await desk.$("[data-acknowledge]").click();
    else await act(desk, event, values ?? {});
    await inState(desk, state);
  }
}

async function mediation(world) {
  const house = await wholeHouse(world);
  const { id, follow, code } = await written(world, "mediation", "The neighbours' dog barks all night.");
  await play(world, id, [
    ["window", "accept", { subject: "Dog", level: "village", consent: "yes" }, "in_session"],
    ["window", "offer", { agency: house.areas.north }, "in_session"],
    ["mediator", "acknowledge", null, "in_session"],
    ["mediator", "hold_session", { record: "Both came." }, "in_session"],
    ["mediator", "agree", { agreement: "The dog sleeps inside." }, "agreed"],
    ["window", "follow_up", { performed: "yes" }, "settled"],
  ]);
  const seen = await follow();
  assert.equal(seen.closed, true);
  assert.equal(seen.rating.may, true);
  await anybody(world).must("POST", `/public/cases/${code}/rating`, { level: 5, solved: true, named: false });
  assert.equal((await follow()).rating.level, 5);
}

async function hotline(world) {
  const house = await wholeHouse(world);
  const { id, follow } = await written(world, "hotline-transfer", "The street lamp is dark.");
  await play(world, id, [
    ["window", "offer", { subject: "Lamp", direction: "to_hotline", way: "one_key", agency: house.areas.hotline }, "in_hand"],
    ["receiver", "acknowledge", { reference_there: "H-0302-17" }, "in_hand"],
    ["receiver", "answer", { reply: "It is mended.", result: "solved" }, "replied"],
    ["window", "approve", null, "solved"],
  ]);
  const seen = await follow();
  assert.equal(seen.closed, true);
  assert.match(JSON.stringify(seen.texts), /It is mended/);
}

async function service(world) {
  const house = await wholeHouse(world);
  const { id, follow, code } = await written(world, "service", "A permit for a tea house.");
  await play(world, id, [["window", "ask_once", { missing: "The floor plan." }, "awaiting_papers"]]);
  assert.equal((await follow()).waiting_for_you, true);
  await anybody(world).must("POST", `/public/cases/${code}/events`, { event: "supply", fields: { papers: "Here it is." } });
  /* Two agencies are asked side by side; the permit waits for both. */
  const children = (await house.see(id)).links.filter((link) => link.kind === "child").map((link) => link.other);
  assert.equal(children.length, 2);
  await play(world, id, [
    ["examiner", "draft", { decision: "granted", reason: "All there." }, "drafted"],
    ["decider", "sign", null, "signed"],
  ]);
  const window = await at(world, "window");
  await open(window, id);
  await act(window, "deliver");
  await window.$(".problem").getByText(/still open/).waitFor(); /* over an open review nothing ends */
  for (const [n, child] of children.entries()) {
    await house.act(child, "window", "offer", {}, { agency: house.areas.north });
    const { matter } = await house.see(child, "reviewer");
    await house.act(child, "reviewer", "acknowledge", { offer_hash: matter.offer_hash });
    await house.act(child, "reviewer", "opine", { opinion: "Fine.", result: n ? "objects" : "consents" });
    await play(world, child, [["signer", "sign", null, n ? "objected" : "consented"]]);
  }
  await play(world, id, [["window", "deliver", null, "granted"]]);
  assert.equal((await follow()).closed, true);
}

async function directive(world) {
  const house = await wholeHouse(world);
  const { case: opened } = await house.people.superior.api.must("POST", "/v1/matters", { procedure: "directive", description: "Look at the dam." });
  await play(world, opened.id, [
    ["crew", "sign", null, "in_work"],
    ["crew", "report", { report: "Seen, dry." }, "reported"],
    ["superior", "accept", null, "done"],
  ]);
  assert.equal((await house.see(opened.id)).case.outcome, "solved");
}

/* An incident with two more agencies, each on its own screen: joins, works with a unit of its own, takes the lead. */
async function emergency(world) {
  const house = await wholeHouse(world);
  const boss = house.boss;
  const fire = (await boss.must("POST", "/v1/agencies", { code: "FIRE", name: "Fire Service", level: "partner", parent: "1" })).agency.id;
  const ferry = (await boss.must("POST", "/v1/agencies", { code: "FERRY", name: "Ferry Company", level: "partner", parent: "1" })).agency.id;
  await house.hire("station", "F1", house.areas.north, ["call_taker", "dispatcher", "supervisor"], "");
  await house.hire("fire", "F2", fire, ["call_taker", "dispatcher", "supervisor"], "");
  await house.hire("ferry", "F3", ferry, ["call_taker", "dispatcher", "supervisor"], "");
  const unit = (await boss.must("POST", "/v1/units", { call_sign: "F-901", kind: "fire_engine", jurisdiction: fire })).unit.id;
  await house.people.fire.api.must("PATCH", `/v1/units/${unit}`, { duty: "on_duty" });
  const code = await aClass(world);
  const id = (await house.people.station.api.must("POST", "/v1/cases", { class: code, address: "Quay 4", description: "Smoke from the ferry." })).case.id;

  const station = await at(world, "station"), brigade = await at(world, "fire");
  assert.equal(await brigade.row(id).count(), 0, "not theirs to see");
  await station.show(id);
  await station.$(".calling > summary").click();
  await station.$('#call-agency button[type="submit"]').click();
  await station.$('#call-agency [name="agency"][aria-invalid]').waitFor();
  await station.field("agency", "#call-agency").selectOption({ label: "Fire Service" });
  await station.$('#call-agency button[type="submit"]').click();
  const part = station.$("[data-part]");
  await part.getByText("Fire Service").waitFor();
  assert.equal(await part.getAttribute("data-part-duty"), "called");
  const first = await part.getAttribute("data-part");
  assert.deepEqual((await station.axe()).violations, []);
  await world.shot(station, "parts-called");

  /* The brigade sees the incident and what it is asked; it acknowledges with one press. */
  await brigade.row(id).waitFor();
  await open(brigade, first);
  await brigade.$("[data-acknowledge]").click();
  await station.$(`[data-part="${first}"][data-part-duty="agency_joins"]`).waitFor();
  await brigade.show(id);
  await brigade.send("F-901");
  await station.$(`[data-part="${first}"][data-part-state="sent"]`).waitFor();
  for (const [button, then] of [["En route", "Scene"], ["Scene", "Clear"]]) {
    await brigade.$("[data-assignment]").getByRole("button", { name: `F-901: ${button}` }).click();
    await brigade.$("[data-assignment]").getByRole("button", { name: `F-901: ${button}` }).waitFor({ state: "detached" }); /* the others move up */
    await brigade.$("[data-assignment]").getByRole("button", { name: `F-901: ${then}` }).waitFor();
  }
  await station.$(`[data-part="${first}"][data-part-state="at_work"]`).waitFor();
  assert.equal(await brigade.$("#close-form").count() ? await refusedToClose(brigade) : true, true);

  /* The ferry company leads from the moment in which it acknowledges; by the command line. */
  await station.$("[data-command]").fill(`CA ${id} ferry leads`);
  await station.page.keyboard.press("Enter");
  await station.$('[data-part-duty="called"]').waitFor();
  const second = await station.$('[data-part-duty="called"]').getAttribute("data-part");
  const captain = await at(world, "ferry");
  await open(captain, second);
  /* Two acts, the second before the first is answered; and no sheet comes that tells of either: one's own acts need not be read. */
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  await captain.page.route(`**/v1/cases/${second}/events`, async (route) => { await held; await route.continue(); }, { times: 1 });
  await captain.page.route(`**/v1/matters/${second}`, (route) => route.abort());
  await act(captain, "conference");
  await captain.$("[data-acknowledge]").click();
  answer();
  await captain.$("#event-form").waitFor({ state: "detached" });
  await station.$(`[data-led-by="${ferry}"]`).waitFor();
  await captain.page.unroute(`**/v1/matters/${second}`);
  await station.$('[data-timeline] :text("Ferry Company leads from now on")').waitFor();
  await world.shot(station, "parts-led");

  /* Each reports for itself; then the incident is closed by whoever has it. */
  await brigade.$("[data-assignment]").getByRole("button", { name: "F-901: Clear …" }).click();
  await brigade.field("report_code", "[data-assignment]").fill("fire-out");
  await brigade.page.keyboard.press("Enter");
  await station.$(`[data-part="${first}"][data-part-state="away"]`).waitFor();
  await open(brigade, first);
  await act(brigade, "done", { report: "Fire out." });
  await inState(brigade, "finished");
  await captain.show(id);
  await captain.field("outcome", "#close-form").selectOption("solved");
  await captain.$('#close-form button[type="submit"]').click();
  await station.$('[data-sheet-state="closed"]').waitFor();
  const ended = await house.people.ferry.api.must("GET", `/v1/matters/${second}`);
  assert.equal(ended.matter.state, "finished", "what takes part in it ends with it");
}

/* Whoever only takes part is told who decides. */
async function refusedToClose(desk) {
  await desk.field("outcome", "#close-form").selectOption("solved");
  await desk.$('#close-form button[type="submit"]').click();
  await desk.$("#close-form .problem").getByText(/takes part/).waitFor();
  return true;
}

async function figures(world) {
  const house = await wholeHouse(world);
  const chief = await at(world, "chief");
  await chief.page.goto("/matters");
  await chief.$("[data-to-rates]").click();
  await chief.$('[data-rate="on_time"]').waitFor();
  const answer = await house.people.chief.api.must("GET", "/v1/rates");
  const closed = answer.figures.find((figure) => figure.rate === "closed");
  assert.match(await chief.$('[data-rate="closed"]').innerText(), new RegExp(`${closed.numerator} of ${closed.denominator}`));
  assert.match(await chief.$("[data-counted]").innerText(), new RegExp(`${answer.contacts} contacts`));
  assert.deepEqual((await chief.axe()).violations, []);
  await world.shot(chief, "rates");
}

export const tests = [
  { name: "procedures: mediation, asked for by a citizen, agreed and kept", run: mediation },
  { name: "procedures: handed to the hotline and answered", run: hotline },
  { name: "procedures: a service with two agencies side by side", run: service },
  { name: "procedures: a directive signed for, carried out, reported", run: directive },
  { name: "procedures: an incident with several agencies", run: emergency, ms: 300_000 },
  { name: "procedures: figures of matters", run: figures },
];
