/* Getting in: the set-up link, accounts, log-in, the session. */
import assert from "node:assert/strict";

async function setUpByLink(world) {
  const { server, admin } = world;
  assert.ok(server.setupLink, "the first start prints a link");
  const desk = await world.desk();
  await desk.page.goto(server.setupLink);
  await desk.field("agency_name").fill("Harbour District");
  await desk.field("agency_code").fill("HD");
  await desk.field("number").fill("1001");
  await desk.field("login").fill(admin.login);
  await desk.field("password").fill("short");
  await world.shot(desk, "setup");
  await desk.$('button[type="submit"]').click();
  await desk.$(".problem").waitFor();
  await desk.field("password").fill(admin.password);
  await desk.page.keyboard.press("Enter");
  await desk.live();
  assert.equal(new URL(desk.page.url()).hash, "", "the token has left the address");
  /* The link is spent. */
  const late = await world.desk();
  await late.page.goto(server.setupLink);
  for (const name of ["agency_name", "agency_code", "number"]) await late.field(name).fill("9");
  await late.field("login").fill("intruder");
  await late.field("password").fill("0123456789ab");
  await late.page.keyboard.press("Enter");
  await late.$('.problem:has-text("token")').or(late.$(".problem")).waitFor();
}

async function administer(world) {
  const { admin, second } = world;
  const desk = await world.at(admin);
  await desk.page.getByRole("button", { name: "Administration" }).click();
  await desk.field("name", "#agency-form").fill("Quay Station");
  await desk.field("code", "#agency-form").fill("QS");
  await desk.$('#agency-form button[type="submit"]').click();
  await desk.page.getByText("QS · Quay Station").waitFor();
  for (const callSign of ["A-101", "A-102", "B-201"]) {
    await desk.field("call_sign", "#unit-form").fill(callSign);
    await desk.$('#unit-form button[type="submit"]').click();
    await desk.page.getByText(`${callSign} · Car`).waitFor();
  }
  await desk.field("number", "#operator-form").fill("1002");
  await desk.field("name", "#operator-form").fill("Lin");
  await desk.page.getByLabel("Call-taker").check();
  await desk.$('#operator-form button[type="submit"]').click();
  await desk.$('#account-form select option:checked[value="2"]').waitFor({ state: "attached" });
  await desk.field("login", "#account-form").fill(second.login);
  await desk.field("password", "#account-form").fill(second.password);
  await desk.$('#account-form button[type="submit"]').click();
  await desk.page.getByText(`Saved: ${second.login}`).waitFor();
  await world.shot(desk, "admin");
  assert.deepEqual((await desk.axe()).violations, []);
  await desk.page.getByRole("button", { name: "Board" }).click();
  for (const callSign of ["A-101", "A-102", "B-201"]) {
    const row = desk.$(`[data-call-sign="${callSign}"]`);
    await row.locator("select").selectOption("on_duty");
    await row.locator(".free").waitFor();
  }
}

async function logInAndOut(world) {
  const { second } = world;
  const desk = await world.desk();
  await desk.page.goto("/");
  await desk.field("login").fill(second.login);
  await desk.field("password").fill("not this one");
  await desk.page.keyboard.press("Enter");
  await desk.$(".problem").waitFor();
  assert.equal(await desk.field("password").inputValue(), "", "a wrong password is not kept");
  await world.shot(desk, "login");
  await desk.field("password").fill(second.password);
  await desk.page.keyboard.press("Enter");
  await desk.live();
  await desk.page.getByText("Operator 1002").waitFor();
  assert.equal(await desk.page.getByRole("button", { name: "Administration" }).count(), 0);
  await desk.page.reload();
  await desk.live();
  await desk.page.getByRole("button", { name: "Log out" }).click();
  await desk.field("login").waitFor();
  await desk.page.reload();
  await desk.field("login").waitFor();
  const kept = await desk.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!kept.includes(second.password) && !kept.includes("not this one"), "no password is stored");
}

async function sessionEnds(world) {
  const { second } = world;
  const desk = await world.at(second);
  const id = await desk.openCase({ class: await aClass(world), address: "Pier 3" });
  await desk.field("text", "#note-form").fill("half a sentence");
  const cookie = (await desk.context.cookies()).find((each) => each.name === "bellman");
  const answer = await fetch(`${world.server.origin}/v1/sessions/current`, {
    method: "DELETE", headers: { Cookie: `bellman=${cookie.value}` },
  });
  assert.ok(answer.ok);
  await desk.$("dialog[open]").waitFor();
  await world.shot(desk, "login-again");
  assert.deepEqual((await desk.axe()).violations, []);
  assert.equal(await desk.field("text", "#note-form").inputValue(), "half a sentence");
  await desk.field("login", "dialog").fill(second.login);
  await desk.field("password", "dialog").fill(second.password);
  await desk.page.keyboard.press("Enter");
  await desk.live();
  await desk.$("dialog[open]").waitFor({ state: "hidden" });
  assert.equal(await desk.field("text", "#note-form").inputValue(), "half a sentence");
  await desk.$('#note-form button[type="submit"]').click();
  await desk.$('[data-timeline] :text("half a sentence")').waitFor();
  await closeQuietly(world, id);
}

export async function aClass(world) {
  const api = await world.api();
  const { rows } = await api.must("GET", "/v1/classes");
  return rows.find((row) => row.priority === 1 || row.priority === 2).code;
}

/* Through the API: tests leave no open case behind. */
export async function closeQuietly(world, id) {
  const api = await world.api();
  const sheet = await api.must("GET", `/v1/cases/${id}`);
  for (const each of sheet.assignments) {
    if (each.state === "cleared" || each.state === "cancelled") continue;
    await api.must("POST", `/v1/assignments/${each.id}/status`, { from: each.state, to: "cancelled" });
  }
  const { version } = (await api.must("GET", `/v1/cases/${id}`)).case;
  const body = { event: "close", fields: { outcome: "solved" } };
  await api.must("POST", `/v1/cases/${id}/events`, body, { "If-Match": `"${version}"` });
}

export const tests = [
  { name: "the printed link makes the first administrator, once", run: setUpByLink, first: true },
  { name: "an administrator makes an agency, units, an operator and a log-in", run: administer, first: true },
  { name: "log-in and log-out, and a wrong password", run: logInAndOut },
  { name: "a session that ends is asked for again over the page, and nothing typed is lost", run: sessionEnds },
];
