/* The server dies under the page. */
import assert from "node:assert/strict";
import { aClass, closeQuietly } from "./access.mjs";

async function draftsSurvive(world) {
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "Draft street" });
  await desk.field("text", "#note-form").fill("typed, not sent");
  await desk.$("#note-form .draft-mark").waitFor();
  await desk.page.goto("/open");
  await desk.field("address", "#open-form").fill("half an addr");
  await desk.page.reload();
  await desk.live();
  assert.equal(await desk.field("address", "#open-form").inputValue(), "half an addr");
  await world.server.kill();
  await desk.$('[data-link="lost"]').waitFor();
  await world.server.start();
  await desk.live();
  assert.equal(await desk.field("address", "#open-form").inputValue(), "half an addr");
  await desk.page.reload();
  await desk.live();
  assert.equal(await desk.field("address", "#open-form").inputValue(), "half an addr");
  await desk.show(id);
  assert.equal(await desk.field("text", "#note-form").inputValue(), "typed, not sent");
  /* Another operator on the same browser does not see it. */
  await desk.page.getByRole("button", { name: "Log out" }).click();
  await desk.logIn(world.admin.login, world.admin.password);
  await desk.page.goto("/open");
  await desk.field("address", "#open-form").waitFor();
  assert.equal(await desk.field("address", "#open-form").inputValue(), "");
  await closeQuietly(world, id);
}

async function bothCatchUp(world) {
  const one = await world.at(world.admin);
  const two = await world.at(world.second);
  const id = await one.openCase({ class: await aClass(world), address: "Power station" });
  await two.row(id).waitFor();
  await two.show(id);
  await world.server.kill();
  for (const desk of [one, two]) await desk.$('[data-link="lost"]').waitFor();
  await two.$('[data-warning="stale"]').waitFor();
  /* Sent while there is no server: shown as not saved, repeated, carried out once. */
  await one.field("text", "#note-form").fill("written in the dark");
  await one.$('#note-form button[type="submit"]').click();
  await one.$('[data-save="waiting"]').waitFor();
  await one.$('[data-warning="unsaved"]').getByText(`Note on incident ${id}`).waitFor();
  await world.shot(one, "not-connected");
  assert.deepEqual((await one.axe()).violations, []);
  assert.equal(await one.field("text", "#note-form").inputValue(), "written in the dark");
  await world.server.start();
  for (const desk of [one, two]) await desk.live();
  await one.$('[data-save="saved"]').waitFor();
  assert.equal(await one.field("text", "#note-form").inputValue(), "");
  for (const desk of [one, two]) await desk.$('[data-timeline] :text("written in the dark")').waitFor();
  const api = await world.api();
  const { events } = await api.must("GET", `/v1/cases/${id}/timeline`);
  const notes = events.filter((event) => event.personal?.text === "written in the dark");
  assert.equal(notes.length, 1, "carried out once");
  /* And the stream goes on. */
  await two.send("A-101");
  await one.caseState(id, "assigned");
  await closeQuietly(world, id);
  for (const desk of [one, two]) await desk.$('[data-sheet-state="closed"]').waitFor();
}

/* The server did it, but the answer never came: the repeat carries the same key, so it is done once. */
async function answerIsLost(world) {
  const desk = await world.at(world.second);
  const api = await world.api();
  const code = await aClass(world);
  const before = (await api.must("GET", "/v1/cases?limit=1000")).rows.length;
  const keys = [];
  await desk.page.route("**/v1/cases", async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 2) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  const id = await desk.openCase({ class: code, address: "Said twice, done once" });
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1, "one key for all attempts");
  assert.equal((await api.must("GET", "/v1/cases?limit=1000")).rows.length, before + 1);
  /* The same over a reload: the draft keeps its key until it is known to be saved. */
  await desk.page.unroute("**/v1/cases");
  let cut = true;
  await desk.page.route("**/v1/cases", async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (!cut) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await desk.page.goto("/open");
  await desk.field("class", "#open-form").fill(code);
  await desk.field("address", "#open-form").fill("Sent, then reloaded");
  await desk.$('#open-form button[type="submit"]').click();
  await desk.$('[data-save="waiting"]').waitFor();
  desk.page.on("dialog", (dialog) => void dialog.accept());
  await desk.page.reload();
  await desk.live();
  cut = false;
  assert.equal(await desk.field("address", "#open-form").inputValue(), "Sent, then reloaded");
  await desk.$('#open-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/case\/\d+$/);
  assert.equal(new Set(keys).size, 2);
  assert.equal((await api.must("GET", "/v1/cases?limit=1000")).rows.length, before + 2);
  await closeQuietly(world, id);
  await closeQuietly(world, desk.page.url().split("/").pop());
}

/* The connection is lost, the server is not: what happened meanwhile comes through the stream. */
async function lineIsCut(world) {
  const desk = await world.at(world.second);
  const api = await world.api();
  const code = await aClass(world);
  await desk.context.setOffline(true);
  await desk.$('[data-link="lost"]').waitFor();
  const { case: row } = await api.must("POST", "/v1/cases", { class: code, address: "While you were away" });
  await desk.context.setOffline(false);
  await desk.live();
  await desk.row(row.id).getByText("While you were away").waitFor();
  await closeQuietly(world, row.id);
}

export const tests = [
  { name: "drafts survive reload, kill -9 and restart, and belong to their operator", run: draftsSurvive },
  { name: "kill -9: both pages say so, reconnect and catch up; nothing is sent twice", run: bothCatchUp },
  { name: "an answer that is lost, also over a reload: repeated with one key, done once", run: answerIsLost },
  { name: "a cut line is noticed, and the page catches up", run: lineIsCut },
];
