/* The desk at work: from the first ring to closed, recommended and sent with D; attaching by key; sound; the command
 * line; the first steps of a demo; the classes of the administrator. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Desk, root, until } from "../browser.mjs";
import { Client, Server } from "../server.mjs";
import { closeQuietly } from "./access.mjs";

const ambulances = { "M-1": { lat: 49.41, lon: 8.69 }, "M-2": { lat: 49.43, lon: 8.69 }, "M-3": { lat: 49.5, lon: 8.69 } };
const here = { lat: 49.411, lon: 8.691 };

/* Ambulances on duty with known positions; made once. */
async function crews(world) {
  const api = await world.api();
  const { rows } = await api.must("GET", "/v1/units");
  const ids = {};
  for (const [callSign, at] of Object.entries(ambulances)) {
    const found = rows.find((row) => row.call_sign === callSign);
    const unit = found ??
      (await api.must("POST", "/v1/units", { call_sign: callSign, kind: "ambulance", jurisdiction: "1", capabilities: "ambulance" })).unit;
    ids[callSign] = unit.id;
    await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
    await api.must("POST", "/v1/positions", { positions: [{ unit: unit.id, ...at }] });
  }
  return ids;
}

const ring = async (world, more = {}) =>
  (await (await world.api()).must("POST", "/v1/contacts", { channel: "call", line: "120-1", ...more })).contact;

const openMedical = async (world, more = {}) =>
  (await (await world.api()).must("POST", "/v1/cases", { class: "medical", address: "Bridge Street 4", ...here, ...more })).case;

async function firstRingToClosed(world) {
  await crews(world);
  const api = await world.api();
  const one = await world.at(world.admin);
  const two = await world.at(world.second);
  const contact = await ring(world, { number: "555 0142", ...here });
  await two.$(`[data-contact="${contact.id}"][data-state="ringing"]`).waitFor();
  await two.$("#cases").focus();
  await two.page.keyboard.press("c");
  await two.page.waitForURL(/\/open\?contact=\d+$/);
  await until(async () => (await two.field("caller_number", "#open-form").inputValue()) === "555 0142", "the number is there");
  assert.equal(await two.field("position", "#open-form").inputValue(), "49.41100, 8.69100", "the caller's device says where");
  await one.$(`[data-contact="${contact.id}"]`).getByText("with 1002").waitFor();
  /* Coordinates go where the address goes. */
  await two.field("address", "#open-form").fill("49.4112, 8.6912");
  await two.page.keyboard.press("ArrowDown");
  await two.page.keyboard.press("Enter");
  assert.equal(await two.field("position", "#open-form").inputValue(), "49.41120, 8.69120");
  await two.field("address", "#open-form").fill("Old Bridge, north end");
  /* What the caller says names the class; its questions are asked and answered. */
  await two.field("description", "#open-form").fill("A man is unconscious, bleeding");
  await two.$('[data-suggestion="medical"]').click();
  await two.$('[data-class="medical"]').waitFor();
  await two.$(".question").first().getByRole("button", { name: /Yes$/ }).click();
  await world.shot(two, "open-form");
  assert.deepEqual((await two.axe()).violations, []);
  await two.$('#open-form button[type="submit"]').click();
  await two.page.waitForURL(/\/case\/\d+$/);
  const id = two.page.url().split("/").pop();
  await one.$(`[data-group="waiting"] tr[data-case="${id}"]`).waitFor();
  /* The nearest is chosen, by straight line, which is said. */
  await two.$('[data-rec] [data-basis="straight_line"]').waitFor();
  assert.deepEqual(
    await two.$("[data-recommended]").evaluateAll((rows) => rows.map((row) => [row.querySelector("label").textContent, row.dataset.chosen])),
    [["M-1", "true"], ["M-2", "false"], ["M-3", "false"]]);
  await world.shot(two, "recommendation");
  assert.deepEqual((await two.axe()).violations, []);
  await until(() => two.page.evaluate(() => document.activeElement?.id === "sheet-title"), "the focus is on the sheet");
  await two.page.keyboard.press("d");
  await two.$('[data-assignment][data-state="assigned"] strong:text("M-1")').waitFor();
  await one.$(`[data-group="active"] tr[data-case="${id}"] :text("M-1")`).waitFor();
  await two.$("[data-timeline]").getByText("Recommended (STRAIGHT LINE").waitFor();
  const { events } = await api.must("GET", `/v1/cases/${id}/timeline`);
  const kept = events.find((event) => event.kind === "recommended");
  assert.equal(kept.body.units[0].call_sign, "M-1");
  const said = events.find((event) => event.kind === "case_opened").personal.description;
  assert.match(said, /^A man is unconscious, bleeding\n.+ Yes$/, "the answer stands in the description");
  /* The crew has only a radio: the other desk reports for it, in the list of units. */
  const crew = one.$('[data-call-sign="M-1"]');
  await crew.getByRole("button", { name: "M-1: En route" }).click();
  await two.$('[data-assignment][data-state="en_route"]').waitFor();
  await crew.getByRole("button", { name: "M-1: Scene" }).click();
  await two.caseState(id, "on_scene");
  await one.page.keyboard.press("/");
  await one.page.keyboard.type("S M-1 cleared done");
  await one.page.keyboard.press("Enter");
  await two.caseState(id, "cleared");
  await two.$("#sheet-title").focus();
  await two.page.keyboard.press("n");
  await until(() => two.page.evaluate(() => document.activeElement?.name === "text"), "the focus is on the note");
  await two.page.keyboard.type("Taken to St Anne.");
  await two.page.keyboard.press("Control+Enter");
  await two.$('[data-timeline] :text("Taken to St Anne.")').waitFor();
  await two.page.keyboard.press("Escape");
  await two.page.keyboard.press("x");
  await until(() => two.page.evaluate(() => document.activeElement?.name === "outcome"), "the focus is on the outcome");
  await two.page.keyboard.type("sol");
  await two.$('#close-form button[type="submit"]').click();
  await two.$('[data-sheet-state="closed"]').waitFor();
  await one.row(id).waitFor({ state: "detached" });
  await api.must("POST", `/v1/contacts/${contact.id}/end`, { result: "case" });
}

/* Somebody was quicker: who and when is shown, and the next nearest stands there. */
async function takenMeanwhile(world) {
  const ids = await crews(world);
  const api = await world.api();
  const desk = await world.at(world.second);
  const mine = await openMedical(world), other = await openMedical(world, { address: "Bridge Street 5" });
  await desk.show(mine.id);
  await desk.$(`[data-recommended="${ids["M-1"]}"][data-chosen="true"]`).waitFor();
  await desk.page.route("**/recommendation*", (route) => route.abort()); /* as if the news were late */
  await api.must("POST", `/v1/cases/${other.id}/assignments`, { units: [ids["M-1"]] }, { "If-Match": `"${other.version}"` });
  await desk.$('[data-call-sign="M-1"] .state-assigned').waitFor();
  await desk.page.unroute("**/recommendation*");
  await desk.page.route("**/recommendation*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  });
  await desk.$("#sheet-title").focus();
  await desk.page.keyboard.press("d");
  await desk.$(".rec .problem").getByText(new RegExp(`M-1 was sent to incident ${other.id} by 1001.* at \\d\\d:\\d\\d:\\d\\d`)).waitFor();
  await desk.$(`[data-recommended="${ids["M-2"]}"][data-chosen="true"]`).waitFor();
  await desk.$(".passed summary").click();
  await desk.$(".passed").getByText(`M-1 Ambulance: on another incident (Incident ${other.id})`).waitFor();
  await world.shot(desk, "taken");
  /* Adjusted by hand: what is ticked is sent, also after the list has been fetched anew. */
  await desk.page.getByLabel("M-2", { exact: true }).uncheck();
  await desk.page.getByLabel("M-3", { exact: true }).check();
  const before = await desk.$("[data-rec]").getAttribute("data-rec");
  await desk.page.getByRole("button", { name: "Anew" }).click();
  await until(async () => (await desk.$("[data-rec]").getAttribute("data-rec")) !== before, "a fresh recommendation");
  await desk.$("#sheet-title").focus();
  await desk.page.keyboard.press("d");
  await desk.$('[data-assignment][data-state="assigned"] strong:text("M-3")').waitFor();
  assert.equal(await desk.$("[data-assignment]").count(), 1);
  for (const each of [mine, other]) await closeQuietly(world, each.id);
}

/* Units drive on: the list follows by itself, but never under a pressed pointer. */
async function followsPositions(world) {
  const ids = await crews(world);
  const api = await world.api();
  const desk = await world.at(world.second);
  const mine = await openMedical(world);
  await desk.show(mine.id);
  const first = () => desk.$("[data-recommended]").first().getAttribute("data-recommended");
  await until(async () => (await desk.$("[data-recommended]").count()) === 3, "three ambulances");
  assert.equal(await first(), ids["M-1"]);
  const box = await desk.$("#rec-title").boundingBox();
  await desk.page.mouse.move(box.x + 5, box.y + 5);
  await desk.page.mouse.down();
  const answer = desk.page.waitForResponse((response) => response.url().includes("/recommendation"));
  await api.must("POST", "/v1/positions", { positions: [{ unit: ids["M-3"], ...here }] });
  const fresh = await (await answer).json(); /* it asks anew by itself */
  assert.equal(fresh.units[0].unit, ids["M-3"]);
  await desk.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  assert.equal(await first(), ids["M-1"], "nothing moves under a pressed pointer");
  await desk.page.mouse.up();
  await until(async () => (await first()) === ids["M-3"], "the nearest is on top once it is released");
  await closeQuietly(world, mine.id);
  await crews(world);
}

/* A second caller about the same thing: c, t, 1. */
async function attachByKey(world) {
  const api = await world.api();
  const desk = await world.at(world.second);
  const far = await openMedical(world, { lat: 49.6, lon: 8.9 });
  const near = await openMedical(world, { address: "The same thing" });
  await desk.row(near.id).waitFor();
  const first = await ring(world, { lat: here.lat + 0.001, lon: here.lon });
  await desk.$(`[data-contact="${first.id}"]`).waitFor();
  await desk.$("#cases").focus();
  await desk.page.keyboard.press("c");
  await desk.page.waitForURL(/\/open\?contact=\d+$/);
  /* Offered on the form too, with its reasons. */
  await desk.$(`.similar.inline [data-offer="${near.id}"]`).getByText("111 m away").waitFor();
  assert.equal(await desk.$(`[data-offer="${far.id}"]`).count(), 0, "what is far is not offered");
  await desk.field("description", "#open-form").fill("t1 is typed, not pressed");
  await desk.page.keyboard.press("Escape");
  await desk.page.keyboard.press("t");
  await desk.$("#attach-title").waitFor();
  await desk.$(`[data-offer="${near.id}"] kbd:text("1")`).waitFor();
  await world.shot(desk, "attach");
  assert.deepEqual((await desk.axe()).violations, []);
  await desk.$("#attach-title").focus();
  await desk.page.keyboard.press("1");
  await desk.page.waitForURL(new RegExp(`/case/${near.id}$`));
  await desk.$(`[data-sheet="${near.id}"] [data-timeline]`).getByText(`Contact ${first.id} attached`).waitFor();
  /* And by the command line. */
  const second = await ring(world);
  await api.must("POST", `/v1/contacts/${second.id}/answer`);
  await desk.$(`[data-contact="${second.id}"][data-state="answered"]`).waitFor();
  await desk.page.keyboard.press("/");
  await desk.page.keyboard.type(`T ${near.id} ${second.id}`);
  await desk.page.keyboard.press("Enter");
  await desk.$(`[data-sheet="${near.id}"] [data-timeline]`).getByText(`Contact ${second.id} attached`).waitFor();
  const sheet = await api.must("GET", `/v1/cases/${near.id}`);
  assert.deepEqual(sheet.contacts.map((each) => each.id).sort(), [first.id, second.id].sort());
  for (const each of [first, second]) await api.must("POST", `/v1/contacts/${each.id}/end`, { result: "case" });
  for (const each of [far, near]) await closeQuietly(world, each.id);
}

const basic = () => JSON.parse(readFileSync(join(root, "classes/basic.json"), "utf8")).classes;

async function heard(world) {
  const ids = await crews(world);
  const api = await world.api();
  const desk = await world.at(world.second);
  const strip = (kind) => desk.$(`.attention[data-attention="${kind}"]`).waitFor();
  const played = async () => Number(await desk.$(".attention").getAttribute("data-played"));
  await desk.$('.attention[data-sound="on"]').waitFor(); /* logging in was a touch of the page */
  await strip("");
  const first = await ring(world);
  await strip("ring");
  await until(async () => (await played()) >= 2, "the ring is repeated");
  await world.shot(desk, "ringing-loud");
  await desk.$("#cases").focus();
  await desk.page.keyboard.press("q");
  await strip("");
  await desk.$('[data-cause="ring"]').waitFor(); /* silent, but still seen */
  const second = await ring(world);
  await strip("ring");
  for (const each of [first, second]) await api.must("POST", `/v1/contacts/${each.id}/abandon`);
  await strip("");
  await desk.$("[data-cause]").waitFor({ state: "detached" });
  /* Sent, and not acknowledged in time. */
  await api.must("POST", "/v1/classes", { classes: [...basic(), { ...basic()[0], code: "quick", name_en: "Quick", acknowledge_ms: 1000 }] });
  const opened = (await api.must("POST", "/v1/cases", { class: "quick", address: "Short Street" })).case;
  await api.must("POST", `/v1/cases/${opened.id}/assignments`, { units: [ids["M-1"]] }, { "If-Match": `"${opened.version}"` });
  await strip("beep");
  await desk.$('[data-call-sign="M-1"].unacknowledged').getByText("not acknowledged").waitFor();
  await desk.show(opened.id);
  await desk.$("[data-unacknowledged]").waitFor();
  await desk.$('[data-call-sign="M-1"]').getByRole("button", { name: "M-1: Ack" }).click();
  await strip("");
  /* The desk is gone. */
  await desk.context.setOffline(true);
  await strip("alarm");
  await desk.context.setOffline(false);
  await desk.live();
  await strip("");
  /* Muted is shown, and remembered; the eye still gets it. */
  await desk.$("[data-sound-switch]").click();
  await desk.$('.attention[data-sound="muted"]').waitFor();
  await desk.page.reload();
  await desk.live();
  await desk.$('.attention[data-sound="muted"]').waitFor();
  const third = await ring(world);
  await strip("ring");
  assert.equal(await played(), 0, "muted is silent");
  await desk.$("[data-sound-switch]").click();
  await until(async () => (await played()) >= 1, "and sounds again when it is switched on");
  await desk.page.reload();
  await desk.live();
  /* After a reload nobody has touched the page: the browser wants to be asked. */
  await desk.$('.attention[data-sound="blocked"]').getByRole("button", { name: "Allow sound" }).click();
  await desk.$('.attention[data-sound="on"]').waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await api.must("POST", `/v1/contacts/${third.id}/abandon`);
  await closeQuietly(world, opened.id);
  await api.must("POST", "/v1/classes", { classes: basic() });
}

async function commandLineHelps(world) {
  const ids = await crews(world);
  const desk = await world.at(world.second);
  const line = desk.$("[data-command]");
  const mine = await openMedical(world, { address: "Completion Row" });
  await desk.row(mine.id).waitFor();
  await desk.$("#cases").focus();
  await desk.page.keyboard.press("/");
  await desk.page.keyboard.type("disp");
  await desk.$('.command [data-choice="D"]').waitFor({ state: "detached" }); /* "disp" is not yet the word */
  await desk.page.keyboard.type("atch compl");
  await desk.$("[data-usage]").getByText("send the recommended units").waitFor();
  await desk.$(`.command [data-choice="${mine.id}"]`).waitFor();
  assert.equal(await line.getAttribute("aria-expanded"), "true");
  await desk.page.keyboard.press("ArrowDown");
  const active = await line.getAttribute("aria-activedescendant");
  assert.equal(await desk.page.evaluate((id) => document.getElementById(id).getAttribute("aria-selected"), active), "true");
  await world.shot(desk, "completion");
  assert.deepEqual((await desk.axe()).violations, []);
  await desk.page.keyboard.press("Enter");
  assert.equal(await line.inputValue(), `dispatch ${mine.id} `, "a choice is taken, not run");
  await desk.page.keyboard.type("m-3");
  await desk.page.keyboard.press("Tab");
  assert.equal(await line.inputValue(), `dispatch ${mine.id} M-3 `);
  await desk.page.keyboard.press("Escape"); /* folds the list away */
  await desk.page.keyboard.press("Enter");
  await desk.$(`tr[data-case="${mine.id}"] :text("M-3")`).waitFor();
  await line.fill("S M-3 scene");
  await desk.page.keyboard.press("Enter");
  await desk.caseState(mine.id, "on_scene");
  /* Without names: those that are recommended. */
  const other = await openMedical(world, { address: "Second Row" });
  await desk.row(other.id).waitFor();
  await line.fill(`D ${other.id}`);
  await desk.page.keyboard.press("Enter");
  await desk.$(`tr[data-case="${other.id}"] :text("M-1")`).waitFor();
  const { assignments } = await (await world.api()).must("GET", `/v1/cases/${other.id}`);
  assert.deepEqual(assignments.map((each) => each.unit), [ids["M-1"]]);
  for (const each of [mine, other]) await closeQuietly(world, each.id);
}

async function demoFirstSteps(world) {
  const server = new Server(world.server.program, ["--demo", join(world.server.folder, "demo.json")]);
  const account = { role: "dispatcher", login: "demo-d", password: "to be tried out", name: "Lin" };
  writeFileSync(join(world.server.folder, "demo.json"), JSON.stringify({
    city: { name: "澜州", name_en: "Lanzhou Bay" }, accounts: [account, { ...account, role: "call_taker", name: "Wu" }],
  }));
  await server.start();
  const desk = await Desk.open(world.browser, server, { locale: "zh-TW" });
  try {
    const api = new Client(server);
    const setup = { token: server.setupLink.split("#")[1], number: "1", agency_code: "D", agency_name: "Demo" };
    api.token = (await api.must("POST", "/v1/setup", { ...setup, login: account.login, password: account.password })).token;
    const { contact } = await api.must("POST", "/v1/contacts", { channel: "call", line: "110" });
    await desk.page.goto("/");
    await desk.$("[data-demo]").getByText("澜州").waitFor();
    assert.equal(await desk.$("[data-demo-account]").count(), 2);
    assert.deepEqual((await desk.axe()).violations, []);
    await desk.page.screenshot({ path: join(world.shots, "demo-login.png") });
    await desk.$('[data-demo-account="dispatcher"]').click();
    await desk.live();
    await desk.$('[data-step="claim"][data-done="false"]').waitFor();
    await desk.page.screenshot({ path: join(world.shots, "demo-first-steps.png") });
    assert.deepEqual((await desk.axe()).violations, []);
    await desk.$(`[data-contact="${contact.id}"]`).waitFor();
    await desk.$("#cases").focus();
    await desk.page.keyboard.press("c");
    await desk.$('[data-step="claim"][data-done="true"]').waitFor();
    await desk.page.reload();
    await desk.$('[data-step="claim"][data-done="true"]').waitFor();
    await desk.$(".first-steps").getByRole("button").click();
    await desk.$(".first-steps").waitFor({ state: "detached" });
    assert.deepEqual(desk.complaints, []);
  } finally {
    await desk.close();
    const complaint = await server.stop();
    server.remove();
    assert.equal(complaint, null);
  }
}

async function classesOfTheAdministrator(world) {
  const desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  await desk.live();
  await desk.$('[data-area="roads"][data-loaded="false"]').waitFor();
  await desk.$('[data-class="fire"]').getByText("fire_engine:2").waitFor();
  const text = desk.field("text", "#classes-form");
  const submit = desk.$('#classes-form button[type="submit"]');
  await text.fill("{");
  await submit.click();
  await desk.$("#classes-form .fault").getByText("This is no JSON").waitFor();
  const list = basic();
  await text.fill(JSON.stringify({ classes: [{ ...list[0], plan: "two engines" }, ...list.slice(1)] }));
  await submit.click();
  await desk.$("[data-class-faults]").getByText('Class fire, field plan').waitFor();
  await world.shot(desk, "admin-classes");
  assert.deepEqual((await desk.axe()).violations, []);
  /* A file, through the browser's own dialog. */
  await desk.$("#classes-file").setInputFiles({
    name: "classes.json", mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify({ classes: [{ ...list[0], plan: "fire_engine:9" }, ...list.slice(1)] })),
  });
  await desk.$("[data-class-changes]").getByText("0 new, 1 changed, 0 no longer").waitFor();
  await desk.page.getByRole("button", { name: `Publish ${list.length} classes` }).click();
  await desk.$('[data-class="fire"]').getByText("fire_engine:9").waitFor();
  await desk.page.getByText(`${list.length} classes are published.`).waitFor();
  /* What only the desk can know to be wrong is told as well. */
  await text.fill(JSON.stringify({ classes: [{ ...list[0], priority: 9 }] }));
  await submit.click();
  await desk.page.getByRole("button", { name: "Publish 1 classes" }).click();
  await desk.$("#classes-form .problem").waitFor();
  await (await world.api()).must("POST", "/v1/classes", { classes: list });
}

/* From one waiting incident to another, with nothing else happening: no frame, no move. */
async function nextWaitingCase(world) {
  await crews(world);
  const first = await openMedical(world), second = await openMedical(world, { address: "Bridge Street 9" });
  const desk = await world.at(world.second);
  for (const { id } of [first, second, first]) {
    await desk.show(id);
    await desk.$(`[data-sheet="${id}"] [data-recommended]`).first().waitFor({ timeout: 15_000 });
    await new Promise((resolve) => setTimeout(resolve, 1500)); /* what the opening set off is over */
  }
  for (const { id } of [first, second]) await closeQuietly(world, id);
}

export const tests = [
  { name: "from first ring to closed: answer, place, class, D, status, note, close; the other browser follows", run: firstRingToClosed },
  { name: "a recommended unit that was taken: told who and when, and the next one stands there", run: takenMeanwhile },
  { name: "a recommendation follows moving units, but not under a pressed pointer", run: followsPositions },
  { name: "from one waiting incident to the next: each has its own recommendation", run: nextWaitingCase },
  { name: "a contact is attached by key and by command, with reasons", run: attachByKey },
  { name: "sound: ring, beep and alarm until acknowledged or solved; muted, blocked", run: heard },
  { name: "the command line completes, says how it is written, and sends", run: commandLineHelps },
  { name: "a demo city: log-in by one button, and the first steps are ticked off", run: demoFirstSteps },
  { name: "classes: faults by class and field, a file, published", run: classesOfTheAdministrator },
];
