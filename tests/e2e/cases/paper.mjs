/* Paper: what is printed, the copy that a console keeps for when the desk is away, and sheets entered afterwards. */
import assert from "node:assert/strict";
import { until } from "./../browser.mjs";
import { aClass, closeQuietly } from "./access.mjs";

const copied = (desk) => desk.page.evaluate(() => caches.has("bellman-copy"));

/* `what`: the part that is to be there, for a page that prints before everything has come fills in what comes. */
async function printed(desk, what) {
  await desk.page.emulateMedia({ media: "print" });
  await desk.$(`.printed [data-print="${what}"]:not(:has([data-print-part]))`).waitFor();
  const text = await desk.$(".printed").innerText();
  const seen = await desk.page.evaluate(() => {
    const box = document.querySelector(".printed");
    return {
      ground: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(box).color,
      others: [...document.querySelectorAll("#app > :not(.printed)")].filter((each) => each.getClientRects().length).length,
    };
  });
  assert.deepEqual(seen, { ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)", others: 0 });
  return text;
}

async function boardAndSheetPrint(world) {
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "Printing House Lane 3", caller_number: "13900139000" });
  const sheet = await printed(desk, "sheet");
  for (const part of ["Printing House Lane 3", "13900139000", "Printed ", "by 1002", "record "]) assert.ok(sheet.includes(part), `${part} in ${sheet}`);
  await desk.page.emulateMedia({ media: "screen" });
  await desk.$(".printed").waitFor({ state: "detached" });
  await desk.page.goto("/");
  await desk.row(id).waitFor();
  const board = await printed(desk, "cases");
  for (const part of ["Printing House Lane 3", "A-101", "by 1002", "record "]) assert.ok(board.includes(part), `${part} in ${board}`);
  assert.ok(!board.includes("13900139000"), "the board shows no caller, on paper neither");
  const pdf = await desk.page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await world.shot(desk, "printed-board");
  await desk.page.emulateMedia({ media: "screen" });
  await closeQuietly(world, id);
}

async function printedAtOnce(world) {
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "Press Row 4", caller_number: "13900139001" });
  await desk.$(`[data-sheet="${id}"]`).waitFor();
  await desk.page.goto("/");
  await desk.row(id).waitFor();
  const sheet = await desk.hold(`**/v1/cases/${id}`), timeline = await desk.hold(`**/v1/cases/${id}/timeline*`);
  await desk.page.evaluate(() => {
    window.prints = [];
    window.print = () => window.prints.push(document.querySelector("[data-sheet]")?.dataset.sheet ?? "no sheet");
  });
  const prints = () => desk.page.evaluate(() => window.prints);
  await desk.$(`[data-case="${id}"] [data-case-link]`).click();
  await sheet.seen;
  /* By the browser's menu, which does not wait: the paper says what it lacks, and is no board. */
  const early = await printed(desk, "waits");
  for (const part of [`Incident ${id}`, "Press Row 4", "had not loaded when this was printed"]) assert.ok(early.includes(part), `${part} in ${early}`);
  assert.equal(await desk.$('.printed [data-print="cases"]').count(), 0, "an open incident is not printed as the board");
  await world.shot(desk, "printed-too-early");
  await desk.page.emulateMedia({ media: "screen" });
  /* By the page's own button: as soon as it is there, with its timeline. */
  await desk.page.getByRole("button", { name: "Print", exact: true }).click();
  await desk.$('[data-message="good"]').getByText(`Incident ${id} is printed as soon as it has loaded.`).waitFor();
  sheet.free();
  await timeline.seen;
  await desk.$(`[data-sheet="${id}"]`).waitFor();
  await desk.page.emulateMedia({ media: "print" });
  await desk.$(".printed [data-print-part]").getByText("The timeline").waitFor();
  await desk.page.emulateMedia({ media: "screen" });
  assert.deepEqual(await prints(), [], "not yet");
  timeline.free();
  await until(async () => (await prints()).length > 0, "it is printed");
  assert.deepEqual(await prints(), [id]);
  const paper = await printed(desk, "sheet");
  assert.ok(paper.includes("13900139001") && paper.includes("Press Row 4"), paper);
  await desk.page.emulateMedia({ media: "screen" });
  await closeQuietly(world, id);
}

async function reloadWithoutTheDesk(world) {
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "Copy Street 8", description: "kept for the dark" });
  await desk.page.goto("/");
  await desk.show(id);
  await desk.$('[data-copy="saved"]').waitFor();
  await until(() => desk.page.evaluate(async (address) => {
    const found = await caches.match("/saved/board.json");
    return !!found && (await found.text()).includes(address) && !!(await caches.match("/app.js")) && !!navigator.serviceWorker.controller;
  }, "kept for the dark"), "the copy holds the case and its sheet");
  await world.server.kill();
  await desk.$('[data-link="lost"]').waitFor();
  await desk.page.goto("/"); /* a reload, as whoever finds a dead console does */
  const banner = desk.$('[data-warning="saved-copy"]');
  await banner.waitFor();
  assert.match(await banner.innerText(), /not reached.*saved it at \d\d/s);
  await desk.$("[data-saved-board]").getByText("Copy Street 8").waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "saved-copy");
  const paper = await printed(desk, "cases");
  for (const part of ["Copy Street 8", "not reached when this was printed", "by 1002"]) assert.ok(paper.includes(part), `${part} in ${paper}`);
  await desk.page.emulateMedia({ media: "screen" });
  await desk.$(`a[href="/case/${id}"]`).click();
  await desk.$(`[data-print-case="${id}"]`).getByText("kept for the dark").first().waitFor();
  await world.server.start();
  await desk.live();
  await desk.$("[data-saved-board]").waitFor({ state: "detached" });
  /* Logged out: nothing stays. */
  await desk.$('[data-copy="saved"]').waitFor();
  await desk.page.getByRole("button", { name: "Log out" }).click();
  await until(async () => !(await copied(desk)), "the copy is wiped at log-out");
  await world.server.kill();
  await desk.page.reload();
  await desk.page.getByText("Loading").waitFor();
  assert.equal(await desk.$("[data-saved-board]").count(), 0);
  await world.server.start();
  await desk.field("login").waitFor();
  await closeQuietly(world, id);
}

async function oldCopiesAreOfNoUse(world) {
  const desk = await world.at(world.second);
  await desk.$('[data-copy="saved"]').waitFor();
  await desk.page.evaluate(async () => {
    const store = await caches.open("bellman-copy");
    const copy = await (await store.match("/saved/board.json")).json();
    copy.saved_at_ms -= 13 * 3600 * 1000;
    await store.put("/saved/board.json", new Response(JSON.stringify(copy)));
  });
  await until(() => desk.page.evaluate(() => !!navigator.serviceWorker.controller), "the worker has the page");
  await world.server.kill();
  await desk.page.reload();
  await until(async () => !(await copied(desk)), "a copy of yesterday is wiped unread");
  assert.equal(await desk.$("[data-saved-board]").count(), 0);
  await world.server.start();
  await desk.live();
}

async function enterASheet(world) {
  const desk = await world.at(world.second);
  await desk.$("[data-enter-paper]").click();
  const at = (name, value) => desk.field(name, "#paper-form").fill(value);
  await desk.$('#paper-form button[type="submit"]').click();
  await desk.$("#paper-form .fault").first().waitFor();
  await at("sheet", "N-17");
  await at("class", await aClass(world));
  await at("address", "Old Paper Mill");
  await at("received_at_ms", "2026-01-05 10:00");
  await at("answered_at_ms", "2026-01-05 09:59");
  await at("units", "B-201");
  await at("dispatched_at_ms", "2026-01-05 10:02");
  await at("on_scene_at_ms", "2026-01-05 10:11");
  await at("cleared_at_ms", "2026-01-05 10:40");
  await desk.$('#paper-form button[type="submit"]').click();
  await desk.$("#paper-form .problem").getByText("received_at_ms").waitFor(); /* refused by the desk, nothing is lost */
  assert.equal(await desk.field("sheet", "#paper-form").inputValue(), "N-17");
  await at("answered_at_ms", "2026-01-05 10:01");
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "paper-entry");
  await desk.$('#paper-form button[type="submit"]').click();
  await desk.page.waitForURL(/\/case\/\d+$/);
  await desk.$("[data-paper-sheet]").getByText("N-17").waitFor();
  await desk.$('[data-timeline] :text("Entered from paper sheet N-17")').waitFor();
  await desk.$('[data-call-sign="B-201"] .free').waitFor(); /* it was there on paper, and is free now */
  const id = /\/case\/(\d+)$/.exec(desk.page.url())[1];
  await desk.$("[data-command]").fill(`PAPER N-18 ${await aClass(world)} 10:15 Mill Bridge`);
  await desk.page.keyboard.press("Enter");
  await desk.page.waitForURL((url) => /\/case\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${id}`));
  await desk.$("[data-paper-sheet]").getByText("N-18").waitFor();
  for (const each of [id, /\/case\/(\d+)$/.exec(desk.page.url())[1]]) await closeQuietly(world, each);
}

export const tests = [
  { name: "paper: board and sheet are printed", run: boardAndSheetPrint },
  { name: "paper: an incident that is printed before it has loaded is no board", run: printedAtOnce },
  { name: "paper: a console without its desk shows and prints the saved board", run: reloadWithoutTheDesk },
  { name: "paper: old copies are wiped", run: oldCopiesAreOfNoUse },
  { name: "paper: a sheet is entered with its times", run: enterASheet },
];
