/* Many wait at once: arranged together, sent line by line or all with one confirmation, by keys alone. */
import assert from "node:assert/strict";
import { until } from "../browser.mjs";
import { closeQuietly } from "./access.mjs";

const CREWS = 4;
const at = (x) => ({ lat: 48.2, lon: 16.3 + x / 100 });

/* Ambulances in a row, and nobody else who could come. */
async function crews(world) {
  const api = await world.api();
  const { rows } = await api.must("GET", "/v1/units");
  const others = rows.filter((row) => row.duty === "on_duty");
  for (const unit of others) await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "off_duty" });
  const ids = [];
  for (let i = 1; i <= CREWS; i++) {
    const { unit } = await api.must("POST", "/v1/units",
      { call_sign: `Z-${i}`, kind: "ambulance", jurisdiction: "1", capabilities: "ambulance" });
    ids.push(unit.id);
    await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
    await api.must("POST", "/v1/positions", { positions: [{ unit: unit.id, ...at(i) }] });
  }
  return { ids, others };
}

async function away(world, { ids, others }) {
  const api = await world.api();
  for (const id of ids) await api.must("PATCH", `/v1/units/${id}`, { duty: "off_duty" });
  for (const unit of others) await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
}

const open = async (world, x, more = {}) =>
  (await (await world.api()).must("POST", "/v1/cases", { class: "medical", address: `Ring ${x}`, ...at(x), ...more })).case;

async function manyWait(world) {
  const api = await world.api();
  const made = await crews(world);
  const desk = await world.at(world.second);
  const { keyboard } = desk.page;
  const offer = desk.$("#surge-open");
  /* Both of the first two are nearest to Z-2, which the second needs more: Z-1 is behind the first. */
  const cases = [await open(world, 1.8), await open(world, 2.3)];
  await desk.row(cases[1].id).waitFor();
  assert.equal(await offer.count(), 0, "two are no surge");
  cases.push(await open(world, 3.9), await open(world, 9, { priority: 4 }), await open(world, 9.5, { priority: 5 }));
  await offer.getByText("5 wait").waitFor();
  await offer.focus();
  await keyboard.press("Enter");
  const line = (i, unit) => desk.$(`[data-line="${cases[i].id} ${made.ids[unit]}"]`);
  await line(0, 0).waitFor();
  await desk.$("#surge-title:focus").waitFor();
  assert.match(await line(0, 0).innerText(), /Z-2 is nearer \(\d+:\d\d\) and goes to incident \d+; sending it here costs \d+:\d\d more in sum/);
  await line(1, 1).waitFor();
  await line(2, 2).waitFor();
  await line(3, 3).waitFor();
  await desk.$(`[data-surge-case="${cases[4].id}"]`).getByText("all are needed for a higher priority").waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "surge");
  /* Somebody is quicker with Z-1: who and where is said at the line, which cannot be sent any more. */
  await desk.page.route("**/v1/cases/*/assignments", async (route) => {
    await api.must("POST", `/v1/cases/${cases[4].id}/assignments`, { units: [made.ids[0]] }, { "If-Match": `"${cases[4].version}"` });
    await route.continue();
  }, { times: 1 });
  await line(0, 0).getByRole("button", { name: `Send Z-1 to incident ${cases[0].id}` }).focus();
  await keyboard.press("Enter");
  await desk.$('.surge [role="alert"]').getByText(`incident ${cases[4].id}`).waitFor();
  await desk.$(`[data-line="${cases[0].id} ${made.ids[0]}"][data-standing="unit_gone"]`).waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "surge-refused");
  /* One line, then all others after a look at them. */
  await line(1, 1).getByRole("button").focus();
  await keyboard.press("Enter");
  await desk.$(`[data-line="${cases[1].id} ${made.ids[1]}"][data-standing="sent"]`).waitFor();
  await desk.$(`[data-line="${cases[2].id} ${made.ids[2]}"] button:focus`).waitFor();
  await desk.caseState(cases[1].id, "assigned");
  await desk.$("#surge-all").focus();
  await keyboard.press("Enter");
  await desk.$("#surge-confirm-title:focus").waitFor();
  assert.deepEqual(await desk.$(".surge-confirm li").evaluateAll((all) => all.map((each) => each.textContent.split(",")[0])),
    [`Z-3 to incident ${cases[2].id}`, `Z-4 to incident ${cases[3].id}`]);
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "surge-confirm");
  await keyboard.press("Escape");
  await desk.$("#surge-all:focus").waitFor();
  await desk.caseState(cases[2].id, "received");
  await keyboard.press("Enter");
  await desk.$("#surge-confirm-title:focus").waitFor();
  await desk.$("#surge-confirmed").focus();
  await keyboard.press("Enter");
  await desk.caseState(cases[2].id, "assigned");
  await desk.caseState(cases[3].id, "assigned");
  /* By command line: one waits still, and nobody is left. */
  await desk.$("#surge-title:focus").waitFor();
  await keyboard.press("/");
  await keyboard.type("SURGE 1");
  await keyboard.press("Enter");
  await desk.$(`[data-surge-case="${cases[0].id}"]`).getByText("no free unit can do this").waitFor();
  await until(async () => (await desk.$('.surge [name="reserve"]').inputValue()) === "1", "the reserve of the line");
  await desk.$("#surge-title:focus").waitFor();
  await keyboard.press("/");
  await keyboard.type("SURGE x");
  await keyboard.press("Enter");
  await desk.page.getByText("SURGE [units that every agency keeps]").first().waitFor();
  await desk.page.getByRole("button", { name: "简体中文" }).click();
  await desk.page.getByRole("heading", { name: "统筹派警" }).waitFor();
  await desk.page.getByRole("button", { name: "繁體中文" }).click();
  await desk.page.getByRole("heading", { name: "統籌派遣" }).waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "surge-zh");
  for (const each of cases) await closeQuietly(world, each.id);
  await away(world, made);
}

export const tests = [
  { name: "a surge: arranged together, refused when somebody is quicker, sent by line and all at once, by keys alone", run: manyWait },
];
