/* Alerts out of the house: a channel is set on the page, a partner is told, another is gone - and both are seen on the case. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { until } from "../browser.mjs";

/* A partner on loopback that says what the test wants. */
async function partner(status) {
  const got = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      if (request.method === "OPTIONS") response.setHeader("WebHook-Allowed-Origin", "*");
      else got.push(request.headers);
      response.statusCode = request.method === "OPTIONS" ? 200 : peer.status;
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const peer = { status, got, host: `127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
  return peer;
}

async function set(desk, name, peer) {
  await desk.field("name", "#alert-form").fill(name);
  await desk.field("url", "#alert-form").fill(`http://${peer.host}/hook`);
  await desk.field("allowed_host", "#alert-form").fill(peer.host);
  await desk.field("event_case_opened", "#alert-form").check();
  await desk.$('#alert-form button[type="submit"]').click();
  await desk.$("[data-channel]", { hasText: name }).filter({ hasText: name }).waitFor();
  await desk.sent("#alert-form");
}

/* The page after the event says who was told, in three languages. */
async function after(world, id) {
  for (const [locale, title] of [["en-GB", "Who was told outside"], ["zh-CN", "对外告知了谁"], ["zh-TW", "對外告知了誰"]]) {
    const other = await world.at(world.admin, { locale });
    await other.page.goto(`/case/${id}`);
    await other.$("[data-to-after]").click();
    const page = other.$(`[data-after="${id}"]`);
    await page.getByRole("heading", { name: title }).waitFor();
    const rows = page.locator('[data-told] tbody tr[data-state="delivered"]');
    for (const name of ["City hotline", "Old partner"]) assert.equal(await rows.filter({ hasText: name }).count(), 1, name);
    assert.deepEqual((await other.axe()).violations, [], locale);
    await world.shot(other, `after-told-${locale}`);
    await other.close();
  }
}

async function told(world) {
  const well = await partner(200), gone = await partner(410);
  const desk = await world.at(world.admin);
  await desk.$("[data-to-alerts]").click();
  await desk.field("url", "#alert-form").fill("ftp://nowhere");
  await desk.field("name", "#alert-form").fill("Wrong");
  await desk.$('#alert-form button[type="submit"]').click();
  await desk.$('#alert-form [name="url"][aria-invalid]').waitFor();
  await set(desk, "City hotline", well);
  await set(desk, "Old partner", gone);
  await desk.field("channel", "#alert-secret-form").selectOption({ label: "City hotline" });
  await desk.field("secret", "#alert-secret-form").fill("whsec-abcdef");
  await desk.$('#alert-secret-form button[type="submit"]').click();
  await desk.$("[data-channel]").filter({ hasText: "has a secret" }).waitFor();

  const id = await desk.openCase({ class: "fire", address: "Quay 7" });
  await desk.$('[data-deliveries] [data-state="delivered"]').waitFor();
  await desk.$('[data-deliveries] [data-state="switched_off"]').waitFor();
  assert.equal(well.got.length, 1);
  assert.match(well.got[0]["bellman-signature"], /^t=\d+,v1=[0-9a-f]{64}$/);
  await world.shot(desk, "alerts-sheet");

  await desk.page.goto("/alerts"); /* the administrator is told, and sets it right */
  await desk.$('[data-off="gone"] .problem').waitFor();
  const stuck = desk.$('[data-delivery][data-state="switched_off"]').filter({ hasText: "Old partner" });
  await stuck.waitFor();
  gone.status = 200;
  await desk.$('[data-off="gone"] button', { hasText: "Edit" }).filter({ hasText: "Edit" }).click();
  await desk.$("#alert-form button.main").click();
  await desk.$('[data-off="gone"]').waitFor({ state: "detached" });
  await stuck.getByRole("button").click();
  await stuck.waitFor({ state: "detached" });
  await until(() => gone.got.length > 1, "it is sent again");
  assert.equal(gone.got.length, 2);
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "alerts");
  await desk.page.goto(`/case/${id}`);
  await desk.$('[data-deliveries] [data-state="delivered"]').nth(1).waitFor();
  await after(world, id);
  for (const locale of ["zh-CN"]) {
    const other = await world.at(world.admin, { locale });
    await other.page.goto("/alerts");
    await other.$("[data-channel]").first().waitFor();
    assert.deepEqual((await other.axe()).violations, [], locale);
    await world.shot(other, `alerts-${locale}`);
    await other.close();
  }
  const boss = await world.api(); /* nothing more is sent while others test */
  for (const row of (await boss.must("GET", "/v1/alert-channels")).rows) {
    await boss.must("POST", `/v1/alert-channels/${row.id}/pause`, { paused: true }, { "Idempotency-Key": crypto.randomUUID() });
  }
  await well.close();
  await gone.close();
}

export const tests = [{ name: "alerts: a partner is told, another is gone", run: told }];
