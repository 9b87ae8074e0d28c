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
  { name: "a cut line is noticed, and the page catches up", run: lineIsCut },
];
