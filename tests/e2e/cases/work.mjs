/* One operator at work: contact, case, units, notes, edits, the command line. */
import assert from "node:assert/strict";
import { aClass, closeQuietly } from "./access.mjs";

async function contactBecomesCase(world) {
  const desk = await world.at(world.second);
  const api = await world.api();
  const { contact } = await api.must("POST", "/v1/contacts", { channel: "call", line: "110-4", number: "555 0100" });
  const row = desk.$(`[data-contact="${contact.id}"]`);
  await row.locator('[data-clock="answer"]').waitFor();
  await world.shot(desk, "ringing");
  await row.getByRole("button", { name: /^Answer/ }).click();
  await row.getByText("with 1002").waitFor();
  await desk.page.waitForURL(/\/open\?contact=\d+$/); /* the form opens by itself, with what is known */
  await desk.$('#open-form [name="caller_number"]').evaluate((it) => new Promise((done) => {
    const look = () => (it.value ? done() : setTimeout(look, 20));
    look();
  }));
  assert.equal(await desk.field("caller_number", "#open-form").inputValue(), "555 0100");
  await desk.field("class", "#open-form").fill(await aClass(world));
  await desk.field("address", "#open-form").fill("Fish market, gate 2");
  await desk.$('#open-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/case\/\d+$/);
  const id = desk.page.url().split("/").pop();
  await desk.$(`[data-sheet="${id}"]`).getByText("555 0100").first().waitFor();
  await row.getByRole("button", { name: /^End/ }).click();
  await row.getByRole("button", { name: "End", exact: true }).click();
  await row.waitFor({ state: "detached" });
  const sheet = await api.must("GET", `/v1/cases/${id}`);
  assert.equal(sheet.contacts[0].result, "case");
  await closeQuietly(world, id);
}

async function contactByHand(world) {
  const desk = await world.at(world.second);
  await desk.page.getByRole("button", { name: "Note a contact" }).click();
  await desk.field("number", "#contact-form").fill("555 0177");
  await desk.field("text", "#contact-form").fill("A child locked in a car.");
  await desk.$('#contact-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/open\?contact=\d+$/);
  await desk.field("class", "#open-form").fill(await aClass(world));
  await desk.field("position", "#open-form").fill("somewhere");
  await desk.$('#open-form button[type="submit"]').click();
  await desk.page.getByText("Write latitude and longitude").waitFor();
  await desk.field("position", "#open-form").fill("22.54310，114.05790");
  await desk.$('#open-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/case\/\d+$/);
  const id = desk.page.url().split("/").pop();
  await desk.$(`[data-sheet="${id}"]`).getByText("22.54310, 114.05790").first().waitFor();
  await desk.$(`[data-sheet="${id}"]`).getByText("A child locked in a car.").first().waitFor();
  await closeQuietly(world, id);
}

/* Coordinates read off a Chinese map: shown converted where the address goes, sent with their datum where coordinates go. */
async function coordinatesOfAChineseMap(world) {
  const api = await world.api();
  const desk = await world.at(world.second);
  const near = ({ lat, lon }) => assert.ok(Math.abs(lat - 31.2304) < 1e-5 && Math.abs(lon - 121.4737) < 1e-5, `${lat}, ${lon}`);
  const save = async () => {
    await desk.$('#open-form button[type="submit"]').click();
    await desk.page.waitForURL(/\/case\/\d+$/);
    const id = desk.page.url().split("/").pop();
    near((await api.must("GET", `/v1/cases/${id}`)).case);
    await desk.$(`[data-sheet="${id}"]`).getByText("31.23040, 121.47370").first().waitFor();
    await closeQuietly(world, id);
  };
  await desk.page.goto(new URL("/open", desk.page.url()).href);
  const address = desk.field("address", "#open-form");
  await address.fill("GCJ-02 31.2284577, 121.4782231");
  await desk.$('#open-form [role="option"]').getByText("converted from GCJ-02").waitFor();
  await desk.page.keyboard.press("ArrowDown");
  await desk.page.keyboard.press("Enter");
  assert.equal(await desk.field("position", "#open-form").inputValue(), "31.23040, 121.47370");
  await desk.$("#open-form").getByText("Converted from GCJ-02 to WGS 84: 31.23040, 121.47370.").waitFor();
  await world.shot(desk, "datum");
  await desk.field("class", "#open-form").fill(await aClass(world));
  await save();
  await desk.page.goto(new URL("/open", desk.page.url()).href);
  await desk.field("class", "#open-form").fill(await aClass(world));
  await desk.field("position", "#open-form").fill("bd09 31.2343106, 121.4847815");
  await save();
}

/* What the address index answers late moves nothing that somebody is about to press. */
async function nothingStepsAside(world) {
  const code = await aClass(world);
  const said = { "en-GB": "no address index", "zh-CN": "未加载地址库", "zh-TW": "未載入地址庫" };
  for (const [locale, words] of Object.entries(said)) {
    const desk = await world.at(world.second, { locale });
    let answer;
    const late = new Promise((resolve) => { answer = resolve; });
    await desk.page.route("**/v1/addresses*", async (route) => {
      await late;
      await route.continue();
    });
    await desk.page.goto("/open");
    await desk.field("class", "#open-form").fill(code);
    const asked = desk.page.waitForRequest("**/v1/addresses*");
    await desk.field("address", "#open-form").fill("Pier 3");
    await asked;
    await desk.$("#open-form .draft-mark").waitFor();
    const button = desk.$('#open-form button[type="submit"]');
    const before = await button.boundingBox();
    answer();
    await desk.$("#open-form [data-verified]").getByText(words).waitFor();
    assert.deepEqual(await button.boundingBox(), before, locale);
  }
}

async function aUnitsWholeWay(world) {
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "Lighthouse Road 8", description: "Smoke." });
  await desk.row(id).locator('[data-clock="dispatch"]').waitFor();
  await desk.send("Z-9");
  await desk.page.getByText("There is no unit Z-9.").waitFor();
  await desk.send("a-101");
  const assignment = desk.$("[data-assignment]");
  for (const [button, state] of [
    ["Ack", "acknowledged"], ["En route", "en_route"], ["Scene", "on_scene"],
  ]) {
    await assignment.getByRole("button", { name: `A-101: ${button}` }).click();
    await desk.$(`[data-assignment][data-state="${state}"]`).waitFor();
    await desk.caseState(id, state);
  }
  await world.shot(desk, "sheet");
  await assignment.getByRole("button", { name: "A-101: Clear …" }).click();
  await desk.field("report_code", "[data-assignment]").fill("fire-out");
  await desk.page.keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="cleared"]').waitFor();
  await desk.caseState(id, "cleared");
  await desk.field("text", "#note-form").fill("Owner informed.");
  await desk.$('#note-form button[type="submit"]').click();
  await desk.$('[data-timeline] :text("Owner informed.")').waitFor();
  assert.equal(await desk.field("text", "#note-form").inputValue(), "", "a saved draft is gone");
  await desk.field("outcome", "#close-form").selectOption("solved");
  await desk.$('#close-form button[type="submit"]').click();
  await desk.$('[data-sheet-state="closed"]').waitFor();
  await desk.row(id).waitFor({ state: "detached" });
  await desk.page.getByRole("button", { name: "Reopen" }).click();
  await desk.$('[data-sheet-state="received"]').waitFor();
  await desk.row(id).waitFor();
  await closeQuietly(world, id);
}

async function reserveStackDivert(world) {
  const desk = await world.at(world.second);
  const code = await aClass(world);
  const first = await desk.openCase({ class: code, address: "One" });
  await desk.send("A-101");
  await desk.$('[data-assignment][data-state="assigned"]').waitFor();
  const second = await desk.openCase({ class: code, address: "Two" });
  await desk.field("mode", "#assign-form").selectOption("stack");
  await desk.send("A-101");
  await desk.$('[data-assignment][data-state="stacked"]').waitFor();
  await desk.$('[data-call-sign="A-101"]').getByText("+1 waiting").waitFor();
  await desk.field("mode", "#assign-form").selectOption("reserve");
  await desk.send("A-102");
  await desk.$('[data-assignment][data-state="reserved"]').waitFor();
  await desk.field("mode", "#assign-form").selectOption("divert");
  await desk.send("A-101");
  await desk.$('[data-assignment][data-state="assigned"]').waitFor();
  await desk.caseState(first, "received");
  await desk.$('[data-assignment][data-state="assigned"]').getByRole("button", { name: "A-101: Swap …" }).click();
  await desk.field("unit", "[data-assignment]").fill("B-201");
  await desk.page.keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="assigned"] strong:text("B-201")').waitFor();
  await closeQuietly(world, first);
  await closeQuietly(world, second);
}

async function editAndMerge(world) {
  const desk = await world.at(world.second);
  const code = await aClass(world);
  const first = await desk.openCase({ class: code, address: "Old name" });
  const second = await desk.openCase({ class: code, address: "Same thing" });
  await desk.show(first);
  await desk.page.getByRole("button", { name: "Edit" }).click();
  await desk.field("address", "#edit-form").fill("New name 5");
  await desk.field("priority", "#edit-form").selectOption("4");
  await desk.field("caller_name", "#edit-form").fill("Mrs Wu");
  await desk.$('#edit-form button[type="submit"]').click();
  await desk.$(`[data-sheet="${first}"]`).getByText("Mrs Wu").first().waitFor();
  await desk.row(first).getByText("New name 5").waitFor();
  await desk.show(second);
  await desk.$(".joining summary").click();
  await desk.field("other", ".joining").fill(first);
  await desk.page.getByRole("button", { name: "Link" }).click();
  await desk.$(`[data-sheet="${second}"] .details a`).waitFor();
  await desk.field("other", ".joining").fill(first);
  await desk.page.getByRole("button", { name: "Merge this into it" }).click();
  await desk.page.getByText(`Merged into incident ${first}`).first().waitFor();
  await closeQuietly(world, first);
}

async function type(desk, line) {
  await desk.page.keyboard.press("/");
  await desk.page.keyboard.type(line);
  await desk.page.keyboard.press("Enter");
}

async function commandLine(world) {
  const desk = await world.at(world.second);
  const code = await aClass(world);
  await desk.$("#cases").focus();
  await type(desk, `O ${code} Canal bridge`);
  await desk.page.waitForURL(/\/case\/\d+$/);
  const id = desk.page.url().split("/").pop();
  await desk.$(`[data-sheet="${id}"]`).waitFor();
  await type(desk, `D ${id} A-101 A-102`);
  await desk.caseState(id, "assigned");
  await type(desk, "S A-101 on_scene");
  await desk.caseState(id, "on_scene");
  await type(desk, `N ${id} Divers asked for.`);
  await desk.$('[data-timeline] :text("Divers asked for.")').waitFor();
  await type(desk, "S A-101 flying");
  await desk.page.getByText("“flying” is no status").waitFor();
  assert.equal(await desk.$("[data-command]").inputValue(), "S A-101 flying", "what was refused stays to be mended");
  await desk.$("[data-command]").fill("X 1");
  await desk.page.keyboard.press("Enter");
  await desk.page.getByText("Unknown command").waitFor();
  await world.shot(desk, "command");
  await desk.$("[data-command]").fill("S A-101 cleared done");
  await desk.page.keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="cleared"]').waitFor();
  await desk.$("[data-command]").fill("U A-101 out");
  await desk.page.keyboard.press("Enter");
  await desk.$('[data-call-sign="A-101"]').getByText("out of service").first().waitFor();
  await desk.$("[data-command]").fill("U A-101 on");
  await desk.page.keyboard.press("Enter");
  await desk.$('[data-call-sign="A-101"] .free').waitFor();
  await closeQuietly(world, id);
}

export const tests = [
  { name: "a ringing contact is answered and becomes a case", run: contactBecomesCase },
  { name: "a contact noted by hand, with coordinates", run: contactByHand },
  { name: "coordinates of a Chinese map", run: coordinatesOfAChineseMap },
  { name: "what the address index answers late moves no button", run: nothingStepsAside },
  { name: "a unit's whole way, report back, note, close, reopen", run: aUnitsWholeWay },
  { name: "reserve, stack, divert and swap", run: reserveStackDivert },
  { name: "edit, link and merge", run: editAndMerge },
  { name: "the command line opens, sends, reports, notes", run: commandLine },
];
