/* A change of shift: two officers at two positions, the open case goes from one to the other with a note, units go off duty
 * together, and a level calls them again. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { until } from "../browser.mjs";
import { aClass, closeQuietly } from "./access.mjs";

const once = () => ({ "Idempotency-Key": randomUUID() });
const HEAD = { login: "night-head", password: "a lamp over the door" };

/* A supervisor, a crew that shall rest eleven hours, and two units that nobody else uses. */
async function house(world) {
  const api = await world.api();
  const { operator } = await api.must("POST", "/v1/operators", { number: "2077", name: "Zhao", roles: ["supervisor", "dispatcher"], jurisdiction: "1" }, once());
  await api.must("POST", `/v1/operators/${operator.id}/account`, HEAD, once());
  const units = [];
  for (const call_sign of ["N-1", "N-2"]) {
    const { unit } = await api.must("POST", "/v1/units", { call_sign, kind: "car", jurisdiction: "1" }, once());
    await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" }, once());
    units.push(unit.id);
  }
  await api.must("POST", "/v1/operators", { number: "c-77", roles: ["unit"], unit: units[0], jurisdiction: "1" }, once());
  await api.must("PUT", "/v1/agencies/1/duty-rule", { least_rest_ms: 39_600_000 }, once());
  return units;
}

/* Positions and a level, by the administrator's forms. */
async function setUp(world) {
  const desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  for (const [code, name] of [["w1", "Window 1"], ["w2", "Window 2"]]) {
    await desk.field("code", "#position-form").fill(code);
    await desk.field("name", "#position-form").fill(name);
    await desk.field("lines", "#position-form").fill("110-1 110-2");
    if (code === "w2") await desk.field("next", "#position-form").selectOption({ label: "w1" });
    await desk.$('#position-form button[type="submit"]').click();
    await desk.$(`[data-position="${code}"]`).waitFor();
    await desk.sent("#position-form");
  }
  assert.match(await desk.$('[data-position="w2"]').innerText(), /→ w1 \(20 s\)/);
  await desk.field("code", "#duty-level-form").fill("full");
  await desk.field("name", "#duty-level-form").fill("Full alert");
  await desk.field("units", "#duty-level-form").fill("N-1 N-9");
  await desk.$('#duty-level-form button[type="submit"]').click();
  await desk.$("#duty-level-form .fault").getByText("N-9").waitFor();
  await desk.field("units", "#duty-level-form").fill("N-1 N-2");
  await desk.$('#duty-level-form button[type="submit"]').click();
  await desk.$("li").getByText("full · Full alert · N-1, N-2").waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
}

/* Types a line into the command line. */
async function line(desk, text) {
  await desk.$("[data-command]").fill(text);
  await desk.page.keyboard.press("Enter");
}

const said = (desk, text, kind = "good") => desk.$(`[data-message="${kind}"]`).getByText(text).waitFor();

async function changeOfShift(world) {
  await house(world);
  await setUp(world);
  const lin = await world.at(world.second);
  await lin.$('select[data-seat=""]').selectOption({ label: "w1 · Window 1" });
  await lin.$('[data-seat="w1"]').waitFor();
  const head = await world.at(HEAD);
  assert.equal(await head.$('select[data-seat=""] option').filter({ hasText: "w1" }).isDisabled(), true, "somebody sits there");
  await line(head, "SEAT w1");
  await said(head, "Somebody sits there already", "bad");
  await line(head, "SEAT w2");
  await head.$('[data-seat="w2"]').waitFor();
  const id = await lin.openCase({ class: await aClass(world), address: "Ring 7" });
  await lin.page.goto("/shift");
  await lin.field("text", "#handover-form").fill("The lift in Ring 7 is stuck; the keeper calls back at six.");
  await lin.$('#handover-form button[type="submit"]').click();
  const own = lin.$("[data-note]").getByText("Whoever comes after you");
  await own.waitFor();
  await line(head, "SHIFT");
  const note = head.$("[data-note]");
  await note.getByText("the keeper calls back at six").waitFor();
  assert.match(await head.$(`[data-handover-case="${id}"]`).innerText(), /Ring 7[\s\S]*1002[\s\S]*the desk/);
  assert.deepEqual((await head.axe()).violations, []);
  await world.shot(head, "shift-handover");
  const whose = head.$('[data-take] select[name="take_from"]');
  await whose.selectOption(await whose.locator("option", { hasText: "1002" }).getAttribute("value"));
  await head.$("[data-take]").getByRole("button", { name: /^Take all over/ }).click();
  await said(lin, `2077 has taken over from you: Incident ${id}`, "bad");
  await head.$(`[data-handover-case="${id}"]`).getByText("2077").waitFor(); /* the view is asked for anew */
  await note.getByRole("button", { name: /^Acknowledge/ }).click();
  await note.waitFor({ state: "detached" });
  await line(lin, "SEAT off");
  await lin.$('select[data-seat=""]').waitFor();
  await atNight(world, head);
  await closeQuietly(world, id);
}

/* A crew comes back too soon; everybody off; a level calls them, and is ended. */
async function atNight(world, head) {
  await line(head, "CREW N-1 c-77");
  await said(head, "On N-1: 1");
  await line(head, "DU off N-1 N-2");
  await said(head, "2 units: off duty");
  await line(head, "CREW N-2 c-77"); /* straight away: the same shift */
  await said(head, "On N-2: 1");
  await line(head, "PLAN late 30h 36h N-1 c-77");
  await said(head, "1 planned.");
  await line(head, "PLAN early 37h 44h N-1 c-77");
  await said(head, /rest 1:0\d:\d\d, at least 11:00:00/); /* an hour, and what went by since the line before */
  await head.$("[data-rest-warning]").first().waitFor();
  await line(head, "LEVEL full 2h");
  await said(head, "LEVEL <code>", "bad");
  await line(head, "LEVEL full 2h flood at the river");
  await said(head, "Full alert is in force; called: 2");
  await head.$('[data-level="full"]').getByText("Full alert until").waitFor();
  await head.$('[data-bulk] input[type="search"]').fill("N-");
  await head.$("[data-bulk]").getByText("N-1 · on duty · called by Full alert").waitFor();
  await head.$('[data-bulk] input[name="all"]').check();
  assert.deepEqual((await head.axe()).violations, []);
  await head.page.locator("#levels-title").scrollIntoViewIfNeeded();
  await world.shot(head, "shift-people");
  await inChinese(world);
  await head.$('[data-level-in-force="full"]').getByRole("button").click();
  await head.$("[data-bulk]").getByText("N-1 · off duty").waitFor();
  await head.$('[data-level="full"]').waitFor({ state: "detached" });
  await line(head, "CREW off c-77");
  await line(head, "PLAN off c-77");
  await said(head, "Call off c-77, late");
  await line(head, "PLAN off c-77");
  await said(head, "Call off c-77, early");
}

/* The same desk in Chinese: all of the bar can be reached. */
async function inChinese(world) {
  const desk = await world.at(HEAD, { locale: "zh-CN" });
  await desk.page.goto("/shift");
  await desk.$('[data-level="full"]').getByText("Full alert，至").waitFor();
  await desk.$("h2").getByText("交接班").waitFor();
  const bar = await desk.$("header.bar").evaluate((each) => each.scrollWidth <= each.clientWidth);
  assert.ok(bar, "the bar is wider than the window");
  await world.shot(desk, "shift-zh");
  await desk.close();
}

/* An answer that was on its way when somebody left a note does not stand for the one after. */
async function noteWhileItLoads(world) {
  const api = await world.api();
  const lin = await world.at(world.second);
  const view = await lin.hold("**/v1/handover", { answered: true });
  await line(lin, "SHIFT");
  await view.seen;
  const { handover } = await api.must("POST", "/v1/handover-notes", { text: "The bridge is open again." }, once());
  await until(async () => (await (await world.api(world.second)).must("GET", "/v1/handover")).notes.length > 0, "the note is there");
  await lin.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  view.free();
  const note = lin.$(`[data-note="${handover.id}"]`);
  await note.getByText("The bridge is open again.").waitFor();
  await note.getByRole("button", { name: /^Acknowledge/ }).click();
  await note.waitFor({ state: "detached" });
}

/* What is entered while the line before is on its way waits its turn; behind a refusal it waits for a look. */
async function linesInARow(world) {
  const desk = await world.at(world.second);
  const command = desk.$("[data-command]");
  const state = (call_sign, text) => desk.$(`[data-call-sign="${call_sign}"] .unit-state`).getByText(text).waitFor();
  const first = await desk.hold("**/v1/units/*");
  await line(desk, "U A-101 out");
  await first.seen;
  await line(desk, "U A-102 out");
  assert.equal(await command.inputValue(), "U A-102 out", "it waits where it was typed");
  first.free();
  for (const each of ["A-101", "A-102"]) await state(each, "out of service");
  await until(async () => (await command.inputValue()) === "", "both are done");
  await desk.page.unrouteAll({ behavior: "wait" });
  const refusal = { status: 409, code: "conflict", title: "Conflict", detail: "Somebody was quicker." };
  const second = await desk.hold("**/v1/units/*", { answer: { status: 409, contentType: "application/problem+json", body: JSON.stringify(refusal) } });
  await line(desk, "U A-101 on");
  await second.seen;
  await line(desk, "U A-102 on");
  second.free();
  await said(desk, "Somebody was quicker.", "bad");
  assert.equal(await command.inputValue(), "U A-102 on", "it is not run behind a refusal");
  await desk.page.unrouteAll({ behavior: "wait" });
  await desk.page.keyboard.press("Enter");
  await state("A-102", "free");
  await command.press("Alt+ArrowUp");
  await command.press("Alt+ArrowUp");
  assert.equal(await command.inputValue(), "U A-101 on", "what was refused is found again");
  await desk.page.keyboard.press("Enter");
  await state("A-101", "free");
}

export const tests = [
  { name: "a change of shift: positions, a note, open cases taken over, units and crews, a duty level", run: changeOfShift },
  { name: "a hand-over note that is left while the view loads is shown", run: noteWhileItLoads },
  { name: "lines entered one behind the other are run in turn", run: linesInARow },
];
