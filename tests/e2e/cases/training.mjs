/* A training desk: every screen says so, and the supervisor sees and steers the exercise. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Desk, root } from "../browser.mjs";
import { Server } from "../server.mjs";

/* What the browser paints over the page, and whether it can be seen. */
const watermark = (desk) => desk.page.evaluate(() => {
  const style = getComputedStyle(document.documentElement, "::after");
  const bar = getComputedStyle(document.documentElement, "::before");
  return { text: bar.content, shown: style.display !== "none" && Number(style.opacity) > 0.05 && style.position === "fixed", press: style.pointerEvents };
});

async function marked(desk, path) {
  await desk.page.goto(path);
  const seen = await watermark(desk);
  assert.ok(seen.shown && seen.text.includes("TRAINING") && seen.text.includes("演练"), `${path}: ${JSON.stringify(seen)}`);
  assert.equal(seen.press, "none");
}

function play(server, login, password) {
  const args = ["exercise", "play", join(root, "scenarios/market-fire.yaml"), "--desk", server.origin, "--login", login];
  const child = spawn(server.program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, BELLMAN_PASSWORD: password } });
  return { child, done: new Promise((resolve) => child.on("exit", resolve)) };
}

async function exerciseOnTheScreen(world) {
  const server = new Server(world.server.program, ["--training"]);
  await server.start();
  const { login, password } = world.admin;
  try {
    const lead = await Desk.open(world.browser, server);
    world.desks.push(lead);
    await marked(lead, server.setupLink);
    for (const [name, value] of Object.entries({ agency_name: "Training", agency_code: "T", number: "1", login, password })) await lead.field(name).fill(value);
    await lead.page.keyboard.press("Enter");
    await lead.live();
    for (const path of ["/public", "/follow", "/admin", "/"]) await marked(lead, path);
    await lead.live();
    assert.deepEqual((await lead.axe()).violations, []);
    await lead.page.emulateMedia({ media: "print" });
    assert.ok((await watermark(lead)).shown, "on paper, too");
    assert.match(await lead.$(".printed").innerText(), /Training – not a live desk/);
    await lead.page.emulateMedia({ media: "screen" });
    const { child, done } = play(server, login, password);
    await lead.$("[data-to-exercise]").click();
    await lead.$('[data-exercise="running"]').waitFor();
    for (let i = 0; i < 4; i++) {
      const before = await lead.$("[data-exercise-state]").innerText();
      await lead.$("[data-exercise-faster]").click();
      await lead.page.waitForFunction((text) => !document.querySelector("[data-exercise-state]").textContent.startsWith(text), before.split(" · ")[0]);
    }
    await lead.$('[data-exercise-call="smoke"] .number').first().waitFor();
    await lead.$("[data-exercise-pause]").click();
    await lead.$('[data-exercise-state]:has-text("halted")').waitFor();
    assert.deepEqual((await lead.axe()).violations, []);
    await world.shot(lead, "exercise");
    await lead.$("[data-exercise-stop]").click();
    await lead.$('[data-exercise="over"]').waitFor();
    assert.equal(await done, 0);
    assert.equal(child.exitCode, 0);
  } finally {
    const complaint = await server.stop();
    server.remove();
    assert.equal(complaint, null);
  }
}

async function noMarkOnARealDesk(world) {
  const desk = await world.at(world.second);
  assert.equal(await desk.page.evaluate(() => getComputedStyle(document.documentElement, "::before").content), "none");
  assert.equal(await desk.$("[data-to-exercise]").count(), 0);
}

export const tests = [
  { name: "training: every screen says so, and the exercise is led from one", run: exerciseOnTheScreen },
  { name: "training: a real desk has no such mark", run: noMarkOnARealDesk },
];
