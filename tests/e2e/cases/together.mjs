/* Two browsers on one desk. */
import assert from "node:assert/strict";
import { aClass, closeQuietly } from "./access.mjs";

async function followEachOther(world) {
  const one = await world.at(world.admin);
  const two = await world.at(world.second);
  const id = await one.openCase({ class: await aClass(world), address: "Ferry terminal" });
  await two.row(id).getByText("Ferry terminal").waitFor();
  await two.show(id);
  await two.send("A-102");
  await one.caseState(id, "assigned");
  await one.$('[data-call-sign="A-102"]').getByLabel(`on incident ${id}`).waitFor();
  await one.$("[data-assignment]").getByRole("button", { name: "A-102: en route" }).click();
  await two.$('[data-assignment][data-state="en_route"]').waitFor();
  await two.caseState(id, "en_route");
  await two.field("text", "#note-form").fill("Gate code 7712");
  await two.$('#note-form button[type="submit"]').click();
  await one.$('[data-timeline] :text("Gate code 7712")').waitFor();
  await two.$("[data-assignment]").getByRole("button", { name: "A-102: Clear …" }).click();
  await two.field("report_code", "[data-assignment]").fill("done");
  await two.page.keyboard.press("Enter");
  await one.$('[data-assignment][data-state="cleared"]').waitFor();
  await one.$('[data-call-sign="A-102"] .free').waitFor();
  await one.field("outcome", "#close-form").selectOption("solved");
  await one.$('#close-form button[type="submit"]').click();
  await two.$('[data-sheet-state="closed"]').waitFor();
  await two.row(id).waitFor({ state: "detached" });
}

/* Both press at once; one wins, the other is told who and when. */
async function raceForOneUnit(world) {
  const desks = [await world.at(world.admin), await world.at(world.second)];
  const numbers = ["1001", "1002"];
  const code = await aClass(world);
  let told = 0;
  for (let round = 0; round < 5; round++) {
    const ids = [];
    for (const [i, desk] of desks.entries()) {
      ids.push(await desk.openCase({ class: code, address: `Race ${round} ${i}` }));
      await desk.field("units", "#assign-form").fill("B-201");
    }
    await desks[0].row(ids[1]).waitFor();
    /* By Enter: what is recommended comes in above the button, which then lies elsewhere. */
    await Promise.all(desks.map((desk) => desk.field("units", "#assign-form").press("Enter")));
    const won = desks.map((desk) => desk.$('[data-assignment][data-state="assigned"]').waitFor().then(() => true));
    const lost = desks.map((desk) => desk.$("#assign-form .problem").waitFor().then(() => false));
    const results = await Promise.all(desks.map((_, i) => Promise.race([won[i], lost[i]])));
    for (const each of [...won, ...lost]) each.catch(() => {});
    assert.deepEqual([...results].sort(), [false, true], "one winner");
    const loser = results.indexOf(false), winner = 1 - loser;
    const text = await desks[loser].$("#assign-form .problem").innerText();
    assert.match(text, /already taken/);
    assert.match(text, new RegExp(`B-201 was sent to incident ${ids[winner]} by ${numbers[winner]}.* at \\d\\d:\\d\\d:\\d\\d`));
    assert.equal(await desks[loser].field("units", "#assign-form").inputValue(), "B-201", "the order stays to be changed");
    if (!told++) await world.shot(desks[loser], "race-lost");
    for (const id of ids) await closeQuietly(world, id);
  }
}

async function staleVersion(world) {
  const one = await world.at(world.admin);
  const two = await world.at(world.second);
  const id = await one.openCase({ class: await aClass(world), address: "Mill Lane 1" });
  await two.row(id).waitFor();
  await two.show(id);
  for (const desk of [one, two]) {
    await desk.page.getByRole("button", { name: "Edit" }).click();
    await desk.field("address", "#edit-form").waitFor();
  }
  await two.field("address", "#edit-form").fill("Mill Lane 111");
  await one.field("description", "#edit-form").fill("Dog on the tracks.");
  await one.field("address", "#edit-form").fill("Mill Lane 11");
  await one.$('#edit-form button[type="submit"]').click();
  await one.$("#edit-form").waitFor({ state: "detached" });
  await two.$('#edit-form button[type="submit"]').click();
  const problem = two.$("#edit-form .problem", { hasText: "Changed by 1001" });
  await problem.getByText("Nothing was overwritten").waitFor();
  await problem.getByText("Changed by 1001").waitFor();
  await world.shot(two, "stale");
  await problem.getByRole("button", { name: "Load the newest" }).click();
  assert.equal(await two.field("address", "#edit-form").inputValue(), "Mill Lane 111", "what was typed is kept");
  await two.$("[data-conflict]").getByText("Mill Lane 11", { exact: true }).waitFor();
  await two.page.getByRole("button", { name: "Keep mine and go on" }).click();
  await two.$("[data-conflict]").waitFor({ state: "detached" });
  assert.equal(await two.field("description", "#edit-form").inputValue(), "Dog on the tracks.", "the rest is the newest");
  await two.$('#edit-form button[type="submit"]').click();
  await two.$("#edit-form").waitFor({ state: "detached" });
  await one.row(id).getByText("Mill Lane 111").waitFor();
  const api = await world.api();
  const { personal } = (await api.must("GET", `/v1/cases/${id}`)).case;
  assert.deepEqual(personal, { address: "Mill Lane 111", description: "Dog on the tracks." }, "nothing of the other's was lost");
  await closeQuietly(world, id);
}

export const tests = [
  { name: "two browsers follow each other: open, send, status, note, clear, close", run: followEachOther },
  { name: "two dispatchers race for one unit; the loser sees who and when", run: raceForOneUnit },
  { name: "a stale edit overwrites nothing, says who changed it, and can be repeated", run: staleVersion },
];
