/* A receipt that is issued again while the writer is asked names no date: it says since when it stands still, and why. */
import assert from "node:assert/strict";
import { Client } from "../server.mjs";
import { houseOf } from "./matters.mjs";

const words = { "en-GB": /Standing still since .* waiting for your answer/, "zh-CN": /暂停，原因：等待您补充/, "zh-TW": /暫停，原因：等待您補充/ };

async function whileTheWriterIsAsked(world) {
  const house = await houseOf(world), anybody = new Client(world.server);
  const once = { "Idempotency-Key": crypto.randomUUID() };
  const { code } = await anybody.must("POST", "/public/matters", { procedure: "letter", text: "The lamp is dark." }, once);
  const id = (await anybody.must("GET", `/public/cases/${code}`)).case.reference;
  await house.act(id, "clerk", "register", { subject: "Lamp", kind: "request" });
  await house.act(id, "clerk", "ask_writer", { question: "Which lamp?" });
  for (const [locale, says] of Object.entries(words)) {
    const desk = await world.desk({ locale });
    await desk.page.goto(`/public/receipt#${encodeURIComponent(code)}`);
    await desk.$("[data-paused]").waitFor();
    assert.match(await desk.$("[data-paused]").innerText(), says);
    assert.equal(await desk.$("[data-promised]").count(), 0);
    assert.deepEqual((await desk.axe()).violations, [], locale);
    await world.shot(desk, `receipt-paused-${locale}`);
    await desk.close();
  }
}

export const tests = [{ name: "paused: a receipt without a date says since when and why", run: whileTheWriterIsAsked }];
