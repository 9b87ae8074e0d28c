/* Crews: a call for help over every console until somebody says what was done; safety timers; devices. */
import assert from "node:assert/strict";
import { closeQuietly } from "./access.mjs";

const crewLogIn = { login: "crew", password: "three words of a crew" };

/* A unit of its own with somebody aboard who may log in. */
async function crew(world) {
  const api = await world.api();
  const { unit } = await api.must("POST", "/v1/units", { call_sign: "P-77", kind: "car", jurisdiction: "1" });
  await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
  await api.must("POST", "/v1/positions", { positions: [{ unit: unit.id, lat: 48.25, lon: 16.35 }] });
  const { operator } = await api.must("POST", "/v1/operators", { number: "7701", roles: ["unit"], jurisdiction: "1", unit: unit.id });
  await api.must("POST", `/v1/operators/${operator.id}/account`, crewLogIn);
  return unit.id;
}

async function help(world) {
  const unit = await crew(world);
  const [aboard, one, two] = [await world.at(crewLogIn), await world.at(world.admin), await world.at(world.second)];
  await aboard.page.getByRole("button", { name: "Help! (crew in danger)" }).click();
  await aboard.page.getByText("Your call for help is with the desk.").first().waitFor();
  for (const desk of [aboard, one, two]) await desk.$('.duress strong').getByText("P-77 CALLS FOR HELP").waitFor();
  await one.page.getByText("at 48.25000, 16.35000").waitFor(); /* where the unit was last */
  await one.$('[data-attention="alarm"]').waitFor();
  await one.page.keyboard.press("q"); /* no key silences it */
  await one.$('[data-attention="alarm"]').waitFor();
  await aboard.$('[data-attention="alarm"]').waitFor();
  assert.equal(await aboard.page.getByRole("button", { name: "Acknowledge" }).count(), 1, "a crew does not acknowledge: that is the strip's own");
  assert.deepEqual((await one.axe()).violations, []);
  await world.shot(one, "duress");
  await one.page.keyboard.press("h");
  await one.page.waitForURL(/\/case\/\d+$/);
  const id = /\d+$/.exec(one.page.url())[0];
  await two.row(id).waitFor();
  const form = two.$(".duress form");
  await form.getByRole("button", { name: "Acknowledge" }).click();
  await form.getByText("Say what you did or found out").waitFor(); /* not without a word */
  await form.getByLabel("What you did or found out about the crew").fill("Spoke with them by radio; B-201 is on its way.");
  await form.getByRole("button", { name: "Acknowledge" }).click();
  for (const desk of [aboard, one, two]) await desk.$(".duress").waitFor({ state: "detached" });
  const api = await world.api();
  const { rows } = await api.must("GET", "/v1/duress?newest=1");
  const { duress } = await api.must("GET", `/v1/duress/${rows[0].id}`);
  assert.deepEqual([duress.unit, duress.case, duress.personal.note], [unit, id, "Spoke with them by radio; B-201 is on its way."]);
  /* Who acknowledged it, when, and what they found: on the incident that it became, and on the shift's page. */
  const past = one.$(`[data-sheet="${id}"] [data-help-call="${duress.id}"]`);
  await past.locator("[data-help-by]").getByText(/^acknowledged by .+, .*\d/).waitFor();
  assert.equal(await past.locator("[data-help-note]").count(), 0, "not before somebody asks: it is a look");
  await past.getByRole("button", { name: "Show the note on P-77" }).click();
  await past.locator("[data-help-note]").getByText("Spoke with them by radio; B-201 is on its way.").waitFor();
  assert.deepEqual((await one.axe()).violations, []);
  await world.shot(one, "duress-note");
  await two.page.goto("/shift");
  await two.$(`[data-help-call="${duress.id}"] [data-show-note]`).click();
  await two.$(`[data-help-call="${duress.id}"] [data-help-note]`).getByText("B-201 is on its way.").waitFor();
  await two.page.getByRole("button", { name: "繁體中文" }).click();
  await two.$(`[data-help-call="${duress.id}"] [data-help-by]`).getByText(/確認$/).waitFor();
  assert.deepEqual((await two.axe()).violations, []);
  await two.page.getByRole("button", { name: "English" }).click();
  await two.page.goto("/");
  await two.row(id).waitFor(); /* before that the page hears no keys */
  await two.page.keyboard.press("/");
  await two.page.keyboard.type("MAYDAY P-77");
  await two.page.keyboard.press("Enter");
  await one.$('.duress strong').getByText("P-77 CALLS FOR HELP").waitFor();
  await one.page.getByRole("button", { name: "简体中文" }).click();
  await one.page.getByText("P-77 紧急求助").first().waitFor();
  await world.shot(one, "duress-zh");
  await two.page.keyboard.press("/");
  await two.page.keyboard.type("H P-77 all well");
  await two.page.keyboard.press("Enter");
  await one.$(".duress").waitFor({ state: "detached" });
  await closeQuietly(world, id);
}

async function timers(world) {
  const desk = await world.at(world.second);
  const { keyboard } = desk.page;
  const unit = desk.$('[data-call-sign="A-102"]');
  const line = async (text) => {
    await keyboard.press("/");
    await keyboard.type(text);
    await keyboard.press("Enter");
  };
  await unit.getByLabel("Safety timer of A-102").selectOption("10");
  await unit.locator('[data-timer="runs"]').getByText(/safety timer (10:00|9:\d\d)/).waitFor();
  await line("ST A-102 0.1");
  await unit.locator('[data-timer="rings"]').waitFor();
  await desk.$("[data-attention]").getByText("Nothing was heard of A-102").waitFor();
  await world.shot(desk, "safety-timer");
  assert.deepEqual((await desk.axe()).violations, []);
  await unit.getByRole("button", { name: "A-102 was heard" }).click();
  await unit.locator('[data-timer="runs"]').waitFor();
  await line("ST A-102 off");
  await unit.getByLabel("Safety timer of A-102").waitFor();
}

async function devices(world) {
  const api = await world.api();
  const send = (query) => fetch(`${world.server.origin}/v1/intake/osmand?id=van-9&lat=48.2&lon=16.3&${query}`);
  assert.equal((await send("token=none")).status, 400);
  const desk = await world.at(world.admin);
  await desk.page.getByRole("button", { name: "Administration" }).click();
  const panel = desk.page.getByRole("region", { name: /^Devices/ });
  const unknown = panel.locator('[data-unknown="van-9"]');
  await unknown.getByRole("combobox").selectOption({ label: "B-201" });
  await unknown.getByRole("button", { name: "Add device: van-9" }).click();
  await unknown.waitFor({ state: "detached" });
  await panel.getByRole("button", { name: "New secret for van-9" }).click();
  const secret = /Secret of van-9: ([0-9a-f]{32})\./.exec(await panel.locator("[data-secret]").innerText())[1];
  assert.equal((await send(`token=${secret}&timestamp=2019-06-01T12:00:00Z`)).status, 200);
  await panel.getByRole("button", { name: "Refresh" }).click();
  await panel.locator('[data-device="van-9"]').getByText("The device's clock is wrong").waitFor();
  await panel.getByLabel("Name in its protocol").fill("no slash");
  await panel.locator('#device-form [name="unit"]').selectOption({ label: "A-101" });
  await panel.locator("#device-form").getByRole("button", { name: "Add device" }).click();
  await panel.getByText("An OwnTracks device is named user/device").waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "devices");
  const retire = panel.getByRole("button", { name: "van-9 out of service" });
  await retire.click();
  await retire.waitFor({ state: "detached" }); /* its own words are those of the row when it is done */
  await panel.locator('[data-device="van-9"]').getByText("out of service").waitFor();
  assert.equal((await send(`token=${secret}`)).status, 400);
  await desk.page.getByRole("button", { name: "Board" }).click();
  await desk.$('[data-call-sign="B-201"] [data-clock-off]').waitFor();
  const { positions } = await api.must("GET", "/v1/positions");
  assert.equal(positions.filter((each) => each.clock_off).length, 1);
}

export const tests = [
  { name: "a crew calls for help: rings everywhere, becomes an incident by one key, ends with a note", run: help },
  { name: "safety timers: set, rung, answered, stopped", run: timers },
  { name: "devices: an unknown one is added by one press, gets its secret, and its wrong clock is said", run: devices },
];
