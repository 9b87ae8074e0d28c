/* After the event: the figures of answering as a supervisor reads them, what they are held against, and the page of one incident. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { until } from "../browser.mjs";

const day = () => {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
};

async function figuresAndBands(world) {
  const api = await world.api();
  const rang = async () => (await api.must("POST", "/v1/contacts", { channel: "call", line: "report-1" })).contact.id;
  const answered = await rang(), abandoned = await rang();
  await api.must("POST", `/v1/contacts/${answered}/answer`, {});
  await api.must("POST", `/v1/contacts/${answered}/end`, { result: "misdial" });
  await api.must("POST", `/v1/contacts/${abandoned}/abandon`, {});
  const desk = await world.at(world.admin);
  await desk.page.getByRole("button", { name: "Reports" }).click();
  await desk.$("[data-reports]").waitFor();
  await desk.$('[data-take="NENA"]').click();
  await until(async () => (await desk.$("[data-bands] li").count()) === 2, "two bands of NENA are the desk's own");
  await desk.page.locator("select[name=by]").selectOption("line");
  await desk.$("[data-count]").click();
  const row = desk.$('[data-group="report-1"]');
  await row.waitFor();
  const figure = (name) => row.locator(`[data-figure="${name}"]`).first().innerText();
  assert.equal((await figure("offered")).trim(), "2");
  assert.equal((await figure("answered")).trim(), "1");
  assert.match(await figure("abandoned"), /^1/);
  assert.match(await row.locator('[data-band="held"]').first().innerText(), /NENA.*100\.0 %.*held/s);
  assert.match(await row.innerText(), /Wrong number 1/);
  await desk.page.locator("input[name=compare_from]").fill(day());
  await desk.$("[data-count]").click();
  await row.getByText("before: 2").first().waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  const [download] = await Promise.all([desk.page.waitForEvent("download"), desk.$("[data-csv]").click()]);
  assert.match(readFileSync(await download.path(), "utf8"), /^\ufeffGroup,Offered,Answered/);
  await world.shot(desk, "report-answer");
  await desk.page.locator("select[name=which]").selectOption("intervals");
  await desk.$("[data-count]").click();
  await desk.$('[data-intervals] [data-measure="response first"]').waitFor();
  await world.shot(desk, "report-intervals");
  for (let left = 2; left > 0; left--) {
    await desk.$("[data-bands] li button").first().click();
    await until(async () => (await desk.$("[data-bands] li").count()) === left - 1, "a band is set aside");
  }
}

async function afterTheEvent(world) {
  const api = await world.api();
  const { contact } = await api.must("POST", "/v1/contacts", { channel: "call", number: "555 0199", line: "report-1" });
  await api.must("POST", `/v1/contacts/${contact.id}/answer`, {});
  const { case: row } = await api.must("POST", "/v1/cases", { class: "fire", contact: contact.id, address: "Mill Lane 1", description: "smoke" });
  const { case: now } = await api.must("GET", `/v1/cases/${row.id}`);
  await api.must("PATCH", `/v1/cases/${row.id}`, { address: "Mill Lane 7", priority: 2 }, { "If-Match": `"${now.version}"` });
  const desk = await world.at(world.admin);
  await desk.page.goto(`${world.server.origin}/case/${row.id}`);
  await desk.$("[data-to-after]").click();
  const page = desk.$(`[data-after="${row.id}"]`);
  await page.locator("[data-events]").waitFor();
  await page.locator(`[data-caller="${contact.id}"]`).getByText("555 0199").waitFor();
  assert.match(await page.locator('[data-change="address"]').innerText(), /Mill Lane 1 → Mill Lane 7/);
  assert.match(await page.locator('[data-change="priority"]').innerText(), /→ 2/);
  await page.getByText("Reached the desk").waitFor();
  assert.equal(await page.locator(".event-looked").count(), 0);
  await page.locator("input[name=looks]").check();
  await page.locator(".event-looked").first().waitFor();
  const first = page.locator(".event .raw").first();
  await first.locator("summary").click();
  assert.match(await first.locator("pre").innerText(), /"kind": "contact_received"/);
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "after-the-event");
}

export const tests = [
  { name: "reports: answering against bands, compared, taken along", run: figuresAndBands },
  { name: "after the event: one page of an incident, with what was before and the record behind it", run: afterTheEvent },
];
