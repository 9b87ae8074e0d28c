/* Time would close a matter while an incident that was opened out of it goes on: it waits, says for what, and closes by itself
 * when that is closed. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { file } from "../matters_house.mjs";
import { at, houseOf, inState, open } from "./matters.mjs";

/* The procedure of rehearsals, with a minute to answer. */
function quick() {
  return file("src", "sim", "demand.yaml")
    .replace("    anchor: state asked\n    budget: { amount: 45, unit: minutes }", "    anchor: state asked\n    budget: { amount: 1, unit: minutes }")
    .replace(/ {6}- \{ at: before 20 minutes, to: \[asker\], effect: remind \}\n {6}- \{ at: before 5 minutes, to: \[asker, clerk\], effect: remind \}\n/,
      "      - { at: at 80 %, to: [asker, clerk], effect: remind }\n");
}

const says = { "en-GB": /Time has ended this matter/, "zh-CN": /待由其另开的事项办结后自动结案/, "zh-TW": /待由其另開的事項辦結後自動結案/ };

/* The minute runs while other stories are told: opened first, looked at last. */
let waiting = null;

async function opensAnIncident(world) {
  const house = await houseOf(world), { boss } = house;
  await boss.must("POST", "/v1/procedures", quick(), { "Idempotency-Key": randomUUID(), "Content-Type": "application/yaml" });
  await house.hire("foreman", "L10", "1", ["officer"], "errand:head");
  const { chief } = house.people;
  const id = (await chief.api.must("POST", "/v1/matters", { procedure: "errand", description: "A crate." })).case.id;
  await house.act(id, "clerk", "register", { wish: "A crate", kind: "bring", weight: 3 });
  const cls = (await boss.must("GET", "/v1/classes")).rows.find((each) => each.active);
  await house.act(id, "clerk", "danger", {}, { class: cls.code });
  await house.act(id, "foreman", "ask", { question: "Where to?" });
  waiting = { house, id, incident: (await house.see(id)).links.find((each) => each.kind === "child").other };
}

async function theEndWaits(world) {
  const { house, id, incident } = waiting;
  const { chief } = house.people;
  const watch = await at(world, "chief");
  await open(watch, id);
  await watch.$(`[data-held-up="${incident}"]`).waitFor({ timeout: 90_000 });
  await inState(watch, "asked");
  for (const [locale, words] of Object.entries(says)) {
    const desk = await at(world, "chief", { locale });
    await open(desk, id);
    assert.match(await desk.$(`.matter-sheet [data-held-up="${incident}"]`).innerText(), words);
    assert.deepEqual((await desk.axe()).violations, [], locale);
    await world.shot(desk, `held-up-${locale}`);
    await desk.close();
  }
  const { version } = (await chief.api.must("GET", `/v1/cases/${incident}`)).case;
  await chief.api.must("POST", `/v1/cases/${incident}/events`, { event: "close", fields: { outcome: "solved" } }, { "If-Match": `"${version}"` });
  await inState(watch, "lapsed");
  assert.equal(await watch.$("[data-held-up]").count(), 0);
}

export const beginning = [{ name: "held up: a matter with an open incident begins its last minute", run: opensAnIncident }];
export const tests = [{ name: "held up: what time would close waits for an open incident", run: theEndWaits }];
