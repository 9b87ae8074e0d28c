/* Another hand: who handled a matter leaves it to a colleague once it is opened again, and is told to whom; where nobody
 * else has the post they may, and their superior sees it. */
import assert from "node:assert/strict";
import { Client } from "../server.mjs";
import { act, at, houseOf, inState, open } from "./matters.mjs";

const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

/* A letter that `who` of an area drafted and `judge` approved, and that its writer opened again. */
async function reopened(world, area, who, judge) {
  const house = await houseOf(world), anybody = new Client(world.server);
  const { code } = await anybody.must("POST", "/public/matters", { procedure: "letter", text: "The lamp is dark.", name: "Li Hua" }, once());
  const id = (await anybody.must("GET", `/public/cases/${code}`)).case.reference;
  await house.act(id, "clerk", "register", { subject: "Lamp", kind: "request" });
  await house.act(id, "clerk", "offer", {}, { agency: house.areas[area] });
  await house.act(id, who, "acknowledge", { offer_hash: (await house.see(id)).matter.offer_hash });
  await house.act(id, who, "draft", { reply: "Done.", result: "solved" });
  await house.act(id, judge, "approve");
  await anybody.must("POST", `/public/cases/${code}/events`, { event: "reopen", fields: { reason: "Dark again." } }, once());
  return id;
}

const said = { "en-GB": /another hand.*L8/, "zh-CN": /须由他人重办.*L8/, "zh-TW": /須由他人重辦.*L8/ };

async function leftToAColleague(world) {
  const house = await houseOf(world);
  if (!house.people.colleague) await house.hire("colleague", "L8", house.areas.north, ["officer"], "letter:handler");
  const id = await reopened(world, "north", "handler", "head");
  for (const [locale, words] of Object.entries(said)) {
    const former = await at(world, "handler", { locale });
    await open(former, id);
    assert.match(await former.$('[data-barred-event="draft"]').innerText(), words);
    assert.equal(await former.$('[data-event="draft"]').count(), 0, "what is for another hand is not offered");
    if (locale === "en-GB") assert.deepEqual((await former.axe()).violations, []);
    await world.shot(former, `another-hand-${locale}`);
    await former.close();
  }
  const colleague = await at(world, "colleague");
  await open(colleague, id);
  await act(colleague, "draft", { reply: "A new cable.", result: "solved" });
  await inState(colleague, "drafted");
  const head = await at(world, "head"); /* who approved it before */
  await open(head, id);
  assert.match(await head.$('[data-barred-event="approve"]').innerText(), /another hand.*L2/);
  const chief = await at(world, "chief");
  await open(chief, id);
  await act(chief, "approve");
  await inState(chief, "solved");
  assert.equal(await chief.$(".matter-sheet .same-hand").count(), 0);
}

async function nobodyElseIsThere(world) {
  const house = await houseOf(world);
  await house.hire("lone", "L9", house.areas.south, ["officer"], "letter:unit_head letter:handler");
  const id = await reopened(world, "south", "lone", "chief");
  const lone = await at(world, "lone");
  await open(lone, id);
  await lone.$('[data-event="draft"]').click();
  await lone.$('#event-form [data-spared="other_hand"]').waitFor();
  await lone.field("reply", "#event-form").fill("A new cable.");
  await lone.field("result", "#event-form").selectOption("solved");
  await lone.$('#event-form button[type="submit"]').click();
  await inState(lone, "drafted");
  await lone.$("[data-timeline]").getByText("nobody else had the post").waitFor();
  const superior = await at(world, "superior");
  await superior.page.goto("/matters");
  await superior.$(`tr[data-matter="${id}"] .same-hand`).waitFor();
  await open(superior, id);
  await superior.$(".matter-sheet .same-hand").waitFor();
}

export const tests = [
  { name: "hands: after a reopening a colleague handles it", run: leftToAColleague },
  { name: "hands: in a small house the same hand may, and it shows", run: nobodyElseIsThere },
];
