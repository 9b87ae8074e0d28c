/* Matters: a letter from its contact to closed, hand-over, queues by clock, forms and commands, bad ratings, publishing;
 * by keyboard alone, in three languages, clean for axe. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../server.mjs";
import { House, file } from "../matters_house.mjs";

export async function houseOf(world) {
  world.house ??= await House.make(world.server, await world.api());
  return world.house;
}

export const at = async (world, who, options) => world.at((await houseOf(world)).people[who], options);

export async function open(desk, id) {
  await desk.page.goto(`/matter/${id}`);
  await desk.$(`[data-matter-sheet="${id}"]`).waitFor();
}

/* The event's form, filled in and sent. */
export async function act(desk, event, values = {}) {
  await desk.$(`[data-event="${event}"]`).click();
  await desk.$("#event-form").waitFor();
  for (const [name, value] of Object.entries(values)) {
    const field = desk.field(name, "#event-form");
    if (await field.evaluate((element) => element.tagName === "SELECT")) await field.selectOption(value);
    else await field.fill(value);
  }
  await desk.$('#event-form button[type="submit"]').click();
}

export const inState = (desk, state) => desk.$(`[data-matter-state="${state}"]`).waitFor();
const row = (desk, id) => desk.$(`tr[data-matter="${id}"]`);
const clean = async (desk, what) => assert.deepEqual((await desk.axe()).violations, [], what);

async function command(desk, line) {
  await desk.$("[data-command]").fill(line);
  await desk.page.keyboard.press("Enter");
}

async function letterToClosed(world) {
  const house = await houseOf(world);
  const contact = await house.contact("The lamp at the quay is dark.");
  const chief = await at(world, "chief");
  await chief.$(`[data-contact="${contact}"] [data-make-matter]`).click();
  await chief.page.waitForURL(/\/matters\/new\?contact=\d+$/);
  await chief.page.waitForFunction(() => document.querySelector('#matter-form [name="description"]')?.value === "The lamp at the quay is dark.");
  await chief.$('#matter-form button[type="submit"]').click();
  await chief.$('#matter-form [name="procedure"][aria-invalid]').waitFor();
  await chief.field("procedure", "#matter-form").selectOption("letter");
  await chief.$('#matter-form button[type="submit"]').click();
  await chief.page.waitForURL(/\/matter\/\d+$/);
  const id = /(\d+)$/.exec(chief.page.url())[1];
  await inState(chief, "received");
  assert.match(await chief.$("[data-letter]").innerText(), /lamp at the quay/);
  await chief.$(`[data-contact="${contact}"]`).getByText(`Matter ${id}`).waitFor();
  /* The clerk registers it; the letter is on the clerk's board before that, and on no board of incidents. */
  const clerk = await at(world, "clerk");
  await row(clerk, id).waitFor();
  await row(clerk, id).locator("[data-matter-link]").click();
  await act(clerk, "register", { subject: "Dark lamp", kind: "request" });
  await inState(clerk, "in_hand");
  await inState(chief, "in_hand");
  await act(clerk, "offer", { agency: house.areas.north });
  await clerk.$('[data-hand-over="offered"]').waitFor();
  assert.equal(await clerk.$("[data-acknowledge]").count(), 0, "who offers does not acknowledge");
  /* Another operator, of the agency that it is offered to. */
  const handler = await at(world, "handler");
  await handler.$('[data-board="offers"]').click();
  await row(handler, id).locator("[data-matter-link]").click();
  await handler.$('[data-hand-over="offered"].ours').waitFor();
  await world.shot(handler, "matter-offer");
  await handler.$("[data-acknowledge]").click();
  await handler.$('[data-hand-over="settled"]').waitFor();
  await chief.$('[data-hand-over="settled"]').getByText("North Street Station").waitFor();
  await act(handler, "draft", { reply: "It is mended.", result: "solved" });
  await inState(handler, "drafted");
  assert.equal(await handler.$('[data-event="approve"]').count(), 0, "nobody approves what they wrote");
  const head = await at(world, "head");
  await head.$("[data-matter-link]").first().waitFor();
  await command(head, `M ${id} approve`);
  await head.$('[data-message="good"]').getByText(`Matter ${id}: Approve`).waitFor();
  await inState(chief, "solved");
  await row(chief, id).waitFor({ state: "detached" });
  await chief.$("[data-timeline]").getByText("Approve: Closed - solved").first().waitFor();
  const record = await chief.$("[data-timeline]").innerText();
  for (const words of [/Approve: Closed - solved/, /Told Writer: Our reply to your letter \d+: It is mended\./, /Filled in: Reply, Result|Filled in: Reply/, /Offer to a unit: .* → North Street Station/]) {
    assert.match(record, words);
  }
  assert.doesNotMatch(record, /matter_set|promise_set|fields_set|\{\w+\}/, "everything in words");
  assert.equal((await house.see(id)).case.outcome, "solved");
  /* The board of incidents has none of it. */
  await chief.page.goto("/");
  await chief.$("#cases h2").waitFor();
  assert.equal(await chief.row(id).count(), 0);
}

async function handOver(world) {
  const house = await houseOf(world);
  const id = await house.offered();
  const head = await at(world, "head");
  await open(head, id);
  const panel = head.$("[data-hand-over]");
  assert.match(await panel.innerText(), /Offered to\s+North Street Station/);
  assert.match(await panel.locator("[data-offer-hash]").innerText(), /^[0-9a-f]{8}$/);
  assert.match(await panel.innerText(), /Acknowledge the offer\s+\d/, "the time-out runs");
  assert.match(await panel.locator("[data-returns]").innerText(), /^0 times, 1 allowed/);
  await head.$("[data-refuse]").click();
  await head.$('#event-form button[type="submit"]').click();
  await head.$('#event-form [name="reason"][aria-invalid]').waitFor();
  await head.field("reason", "#event-form").fill("Not our street.");
  await head.$('#event-form button[type="submit"]').click();
  await head.$("#event-form").or(head.$(".problem")).waitFor({ state: "detached" });
  const clerk = await at(world, "clerk");
  await open(clerk, id);
  assert.match(await clerk.$("[data-returns]").innerText(), /^1 times/);
  await act(clerk, "offer", { agency: house.areas.north });
  await clerk.$('[data-hand-over="offered"]').waitFor();
  await open(head, id);
  await act(head, "refuse", { reason: "Still not." });
  await clerk.$('[data-hand-over="arbitration"]').getByText("as often as it may be").waitFor();
  await clean(clerk, "arbitration");
  const superior = await at(world, "superior");
  await open(superior, id);
  await act(superior, "rule", { reason: "By the map.", agency: house.areas.south });
  await superior.$('[data-hand-over="settled"]').getByText("South Street Station").waitFor();
  assert.equal((await house.see(id)).matter.with_agency, house.areas.south);
}

/* The board as it will be: the desk's dates, put back; whether one is overdue the page computes. */
async function pastDue(desk, id) {
  await desk.page.route("**/v1/board", async (route) => {
    const answer = await route.fetch();
    const board = await answer.json();
    for (const each of board.rows.matter) if (each.id === id) Object.assign(each, { due_at_ms: board.now_ms - 90_000, provisional: true });
    await route.fulfill({ response: answer, json: board });
  });
}

async function queuesByClock(world) {
  const house = await houseOf(world);
  const late = await house.letter("Late."), waits = await house.registered("Waits."), watched = await house.handedOver("Watched.");
  await house.act(waits, "chief", "ask_writer", { question: "Which lamp?" });
  await house.act(watched, "superior", "supervise");
  const desk = await world.desk();
  await pastDue(desk, late);
  await desk.logIn(house.people.chief.login, house.people.chief.password);
  await desk.$("[data-to-matters] .count.due").waitFor(); /* what is overdue is told on the board of incidents */
  await desk.$("[data-to-matters]").click();
  const shows = async (board, has, lacks) => {
    await desk.$(`[data-board="${board}"]`).click();
    await row(desk, has).waitFor();
    for (const id of lacks) assert.equal(await row(desk, id).count(), 0, `${board} without ${id}`);
  };
  await shows("overdue", late, [waits, watched]);
  assert.match(await row(desk, late).locator('[data-due="over"]').innerText(), /^\+1:3\d|^\+\d+:\d\d/);
  assert.equal(await row(desk, late).locator(".provisional").count(), 1);
  await world.shot(desk, "matters-overdue");
  await clean(desk, "overdue");
  await shows("next", waits, [late]);
  await shows("waiting", waits, [late, watched]);
  assert.match(await row(desk, waits).innerText(), /waits for Writer/);
  await shows("supervised", watched, [late, waits]);
  assert.match(await row(desk, watched).locator("[data-due]").innerText(), /^\dd /, "until when the supervision is to be settled");
  await shows("all", late, []);
  assert.equal(await desk.$("tr[data-matter]").first().getAttribute("data-matter"), late, "the overdue one is first");
  await desk.$("[data-mine]").check();
  await row(desk, waits).waitFor(); /* the duty officer's */
  assert.equal(await row(desk, late).count(), 0, "the clerk's");
  await desk.$("[data-mine]").uncheck();
  await desk.$(".matters select").selectOption("mediation");
  await desk.page.getByText("No matter stands here.").waitFor();
  await desk.page.reload();
  await desk.live();
  await desk.page.goto("/matters?board=supervised");
  await row(desk, watched).waitFor();
  assert.equal(await desk.$('[data-board="supervised"]').getAttribute("aria-pressed"), "true");
}

async function formsAndDrafts(world) {
  const house = await houseOf(world);
  const id = await house.letter("The bench is broken.");
  const clerk = await at(world, "clerk");
  await open(clerk, id);
  await act(clerk, "register");
  await clerk.$('#event-form [name="subject"][aria-invalid]').waitFor();
  await clerk.$('#event-form [name="kind"][aria-invalid]').waitFor();
  assert.equal(await clerk.page.evaluate(() => document.activeElement?.getAttribute("name")), await clerk.page.evaluate(() => document.querySelector("#event-form [aria-invalid]").getAttribute("name")), "the focus is on what is wrong");
  await clerk.field("subject", "#event-form").fill("Broken bench");
  await clerk.page.reload();
  await clerk.live();
  await clerk.$('[data-event="register"]').click();
  assert.equal(await clerk.field("subject", "#event-form").inputValue(), "Broken bench", "a draft survives a reload");
  /* What the desk refuses names the field in the words of the edition. */
  await clerk.field("kind", "#event-form").selectOption("request");
  await clerk.field("subject", "#event-form").fill("x".repeat(16_001));
  await clerk.$('#event-form button[type="submit"]').click();
  assert.match(await clerk.$("#event-form .problem").innerText(), /too long \(Subject\)/);
  await clerk.field("subject", "#event-form").fill("Broken bench");
  /* Somebody else is quicker, and this page has not heard of it. */
  await clerk.page.route(`**/v1/matters/${id}`, (route) => route.abort());
  await house.act(id, "superior", "supervise");
  await clerk.$('#event-form button[type="submit"]').click();
  const problem = clerk.$("#event-form .problem");
  await problem.getByText("It was changed since you read it").waitFor();
  assert.equal(await clerk.field("subject", "#event-form").inputValue(), "Broken bench", "nothing typed is lost");
  await clerk.page.unroute(`**/v1/matters/${id}`);
  await problem.getByRole("button").click();
  await clerk.$(".badge.supervised").first().waitFor();
  await clerk.$('#event-form button[type="submit"]').click();
  await inState(clerk, "in_hand");
  /* An event that went while its form was open. */
  await clerk.$('[data-event="offer"]').click();
  await house.act(id, "clerk", "offer", {}, { agency: house.areas.south });
  await clerk.$(".events .problem").getByText("is not possible any more").waitFor();
  /* An incident that grows out of a matter; a duplicate, and apart again. */
  const other = await house.letter("The bench, again.");
  await open(clerk, other);
  await act(clerk, "danger", { class: "theft" });
  await clerk.$('[data-link-kind="child"]').waitFor();
  assert.match(await clerk.$("[data-timeline]").innerText(), /Linked with no\. \d+/);
  const again = await house.letter("The bench, once more.");
  await open(clerk, again);
  await act(clerk, "duplicate", { other: id });
  await clerk.$('[data-matter-state="joined"]').waitFor();
  await clerk.page.getByRole("button", { name: "Take apart again" }).click();
  await inState(clerk, "received");
}

async function keyboardOnly(world) {
  const house = await houseOf(world);
  const id = await house.letter("By keyboard.");
  const clerk = await at(world, "clerk");
  const { keyboard } = clerk.page;
  await row(clerk, id).waitFor();
  await keyboard.press("j");
  for (let i = 0; i < 300; i++) {
    if ((await clerk.page.evaluate(() => document.activeElement?.closest("tr")?.dataset.matter)) === id) break;
    await keyboard.press("j");
  }
  await keyboard.press("k");
  await keyboard.press("j");
  await keyboard.press("Enter");
  await clerk.$(`[data-matter-sheet="${id}"]`).waitFor();
  await clerk.$("#sheet-title:focus").waitFor();
  await keyboard.press("e");
  await clerk.$("[data-events] button:focus").waitFor();
  while ((await clerk.page.evaluate(() => document.activeElement?.dataset.event)) !== "register") await keyboard.press("Tab");
  await keyboard.press("Enter");
  await clerk.$("#event-form :focus").waitFor();
  for (let i = 0; i < 6; i++) {
    const name = await clerk.page.evaluate(() => document.activeElement?.getAttribute("name"));
    if (name === "subject") await keyboard.type("Typed");
    else if (name === "kind") await keyboard.type("Req");
    else break;
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await inState(clerk, "in_hand");
  /* The same by the command line, with what may stand next. */
  await keyboard.press("Escape");
  await clerk.$(`tr[data-matter="${id}"] [data-matter-link]:focus`).waitFor();
  await keyboard.press("/");
  await keyboard.type("ml let");
  await keyboard.press("Tab");
  await keyboard.type("By command.");
  await keyboard.press("Enter");
  await clerk.page.waitForURL((url) => /\/matter\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${id}`));
  const made = /(\d+)$/.exec(clerk.page.url())[1];
  await clerk.$(`[data-matter-sheet="${made}"]`).waitFor();
  await clerk.$("[data-command]").fill(`M ${made} reg`);
  await clerk.$('[data-choice="register"]').waitFor();
  await keyboard.press("Tab");
  await keyboard.type("kind=r");
  await clerk.$('[data-choice="kind=request"]').waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter"); /* the subject is missing: the form opens, with what was said in it */
  await clerk.$("#event-form").waitFor();
  assert.equal(await clerk.field("kind", "#event-form").inputValue(), "request");
  await command(clerk, `M ${made} register kind=Request subject=A lamp = dark`);
  await inState(clerk, "in_hand");
  assert.match(await clerk.$("[data-fields]").innerText(), /A lamp = dark/);
  await command(clerk, `M ${made} offer agency=SOUTH`);
  await clerk.$('[data-hand-over="offered"]').getByText("South Street Station").waitFor();
  for (const [line, wrong] of [
    [`M ${made} approve`, /“approve” is not possible now; possible are: .*Danger/], [`M ${made} danger colour=red`, /“colour” does not belong/],
    ["ML lettre", /No procedure “lettre”/], ["Q nothing", /nothing/], ["M x", /M \[matter\]/],
  ]) {
    await command(clerk, line);
    await clerk.$('[data-message="bad"]').filter({ hasText: wrong }).waitFor();
  }
  await command(clerk, "Q waiting");
  await clerk.page.waitForURL(/\/matters\?board=waiting$/);
  await command(clerk, `M ${id}`);
  await clerk.$(`[data-matter-sheet="${id}"]`).waitFor();
}

async function badRating(world) {
  const house = await houseOf(world);
  const anybody = new Client(world.server);
  const once = () => ({ "Idempotency-Key": crypto.randomUUID() });
  const { code } = await anybody.must("POST", "/public/matters", { procedure: "letter", text: "The lamp is dark.", name: "Li Hua" }, once());
  const id = (await anybody.must("GET", `/public/cases/${code}`)).case.reference;
  await house.act(id, "clerk", "register", { subject: "Lamp", kind: "request" });
  await house.act(id, "clerk", "offer", {}, { agency: house.areas.north });
  await house.act(id, "handler", "acknowledge", { offer_hash: (await house.see(id)).matter.offer_hash });
  await house.act(id, "handler", "draft", { reply: "Done.", result: "solved" });
  await house.act(id, "head", "approve");
  const chief = await at(world, "chief");
  await chief.page.goto("/matters?board=ratings");
  await anybody.must("POST", `/public/cases/${code}/rating`, { level: 1, solved: false, named: true, text: "It is dark again." }, once());
  const waits = chief.$("tr[data-rating]").filter({ has: chief.page.getByRole("link", { name: `Matter ${id}`, exact: true }) });
  await waits.waitFor(); /* by the stream */
  await chief.page.reload();
  await waits.waitFor(); /* and with the board */
  assert.match(await waits.innerText(), /1 of 5 · not solved/);
  await clean(chief, "bad ratings");
  await waits.locator("[data-matter-link]").click();
  await chief.$('[data-rated="1"]').waitFor();
  await chief.$('#rating-form button[type="submit"]').click();
  await chief.$('#rating-form [aria-invalid]').waitFor();
  await chief.field("text", "#rating-form").fill("We called: it was the fuse.");
  await chief.$('#rating-form button[type="submit"]').click();
  await chief.$('[data-rated="1"]').getByText("looked into").waitFor();
  await chief.$(`tr[data-rating][data-rating-state="done"]`).filter({ has: chief.page.getByRole("link", { name: `Matter ${id}`, exact: true }) }).waitFor();
  await chief.$("[data-timeline]").getByText("Rated 1 of 5, not solved").waitFor();
}

/* Officers see no contacts: the queue is theirs all the same, in every language, and says nothing of who rated. */
async function badRatingOfAnOfficer(world) {
  const house = await houseOf(world);
  const anybody = new Client(world.server);
  const once = () => ({ "Idempotency-Key": crypto.randomUUID() });
  await house.hire("watch", "L7", "1", ["officer"], "letter:duty_officer");
  const { code } = await anybody.must("POST", "/public/matters", { procedure: "letter", text: "The lamp is dark.", name: "Wang Wu" }, once());
  const id = (await anybody.must("GET", `/public/cases/${code}`)).case.reference;
  await house.act(id, "clerk", "register", { subject: "Lamp", kind: "request" });
  await house.act(id, "clerk", "offer", {}, { agency: house.areas.north });
  await house.act(id, "handler", "acknowledge", { offer_hash: (await house.see(id)).matter.offer_hash });
  await house.act(id, "handler", "draft", { reply: "Done.", result: "solved" });
  await house.act(id, "head", "approve");
  const waiting = { "en-GB": /to be looked into/, "zh-CN": /待核查/, "zh-TW": /待查核/ };
  const open = [];
  for (const locale of Object.keys(waiting)) {
    const watch = await at(world, "watch", { locale });
    await watch.page.goto("/matters");
    await watch.$('[data-board="ratings"]').click();
    open.push([watch, locale]);
  }
  await anybody.must("POST", `/public/cases/${code}/rating`, { level: 1, solved: false, named: true, text: "It is dark again." }, once());
  for (const [watch, locale] of open) {
    const found = watch.$('tr[data-rating-state="next"]').filter({ has: watch.page.locator(`a[href="/matter/${id}"]`) });
    await found.waitFor(); /* by the stream */
    assert.match(await found.innerText(), waiting[locale]);
    assert.doesNotMatch(await watch.$("main").innerText(), /Wang Wu|dark again/);
    await clean(watch, `${locale} ratings of an officer`);
    await world.shot(watch, `ratings-${locale}`);
  }
  const [[watch]] = open;
  await watch.page.reload();
  await watch.$(`tr[data-rating-state="next"] a[href="/matter/${id}"]`).click(); /* and with the board */
  await watch.field("text", "#rating-form").fill("We called: it was the fuse.");
  await watch.$('#rating-form button[type="submit"]').click();
  await watch.$(`tr[data-rating-state="done"] a[href="/matter/${id}"]`).waitFor();
  const clerk = await at(world, "clerk"); /* has not that post */
  await clerk.page.goto("/matters");
  await clerk.$('[data-board="overdue"]').waitFor();
  assert.equal(await clerk.$('[data-board="ratings"]').count(), 0);
}

async function publishing(world) {
  await houseOf(world);
  const desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  await desk.$('tr[data-edition="letter"]').waitFor();
  const bad = join(world.server.folder, "bad.yaml");
  const text = file("procedures", "hotline-transfer.yaml");
  writeFileSync(bad, text.replace("\nroles:", "\nroles:\n  roles: here"));
  await desk.$("#edition-file").setInputFiles(bad);
  await desk.$('#edition-form button[type="submit"]').click();
  await desk.$("#edition-form .problem").waitFor();
  assert.match(await desk.$("#edition-form .problem").innerText(), /Line \d+, column \d+/);
  const line = Number(await desk.$("[data-file-line]").getAttribute("data-file-line"));
  assert.match(await desk.$("[data-file-line] .bad").innerText(), new RegExp(`^\\s*${line} `), "the line itself is shown");
  await world.shot(desk, "edition-wrong");
  await clean(desk, "a file with an error");
  const good = join(world.server.folder, "good.yaml");
  writeFileSync(good, text);
  await desk.$("#edition-file").setInputFiles(good);
  await desk.$('#edition-form button[type="submit"]').click();
  await desk.$('tr[data-edition="hotline-transfer"]').waitFor();
  await desk.page.getByText("Published. New matters go by it").waitFor();
  /* One event that moves two regions: the offer takes the fields of the one and the agency of the other. */
  const house = world.house, { chief } = house.people;
  const id = (await chief.api.must("POST", "/v1/matters", { procedure: "hotline-transfer", description: "An open manhole." })).case.id;
  const clerk = await at(world, "clerk");
  await open(clerk, id);
  await clerk.$('[data-event="offer"]').click();
  await clerk.field("agency", "#event-form").selectOption(house.areas.south);
  for (const name of ["direction", "way"]) await clerk.field(name, "#event-form").selectOption({ index: 1 });
  await clerk.field("subject", "#event-form").fill("Manhole");
  await clerk.$('#event-form button[type="submit"]').click();
  await clerk.$('[data-hand-over="offered"]').getByText("South Street Station").waitFor();
  /* Somebody with posts of what is published. */
  await desk.field("number", "#operator-form").fill("P-77");
  await desk.$("#operator-form").getByLabel("Dispatcher").uncheck();
  await desk.$("#operator-form").getByLabel("Officer", { exact: true }).check();
  await desk.$("#operator-form .posts summary").click();
  await desk.$('#operator-form [data-posts-of="letter"]').getByLabel("Letters clerk").check();
  await desk.$('#operator-form [data-posts-of="mediation"] input').first().check();
  await desk.$('#operator-form button[type="submit"]').click();
  await desk.page.getByText(/Saved: P-77/).waitFor();
  const made = (await (await world.api()).must("GET", "/v1/operators")).rows.find((each) => each.number === "P-77");
  assert.deepEqual(made.roles, ["officer"]);
  assert.match(made.posts, /^letter:clerk mediation:\w+$/);
}

const titles = { "zh-CN": ["事项", "群众来信", "登记"], "zh-TW": ["事項", "民眾來信", "登記"], "en-GB": ["Matters", "Letter to the desk", "Register"] };

async function inLanguage(world, locale) {
  const house = await houseOf(world);
  const id = await house.letter("In three languages."), offered = await house.offered("Offered in three languages.");
  const [title, procedure, event] = titles[locale];
  for (const light of locale === "zh-CN" ? [false, true] : [false]) {
    const desk = await world.desk({ locale });
    if (light) await desk.page.addInitScript(() => localStorage.setItem("bellman.theme", "light"));
    await desk.logIn(house.people.chief.login, house.people.chief.password);
    await desk.page.goto("/matters");
    await row(desk, id).getByText(procedure).waitFor();
    assert.match(await desk.$("#matters-title").innerText(), new RegExp(`^${title}`));
    await open(desk, id);
    await desk.$('[data-event="register"]').filter({ hasText: event }).click();
    await desk.$("#event-form").waitFor();
    await world.shot(desk, `matter-${locale}${light ? "-light" : ""}`);
    await clean(desk, `${locale} sheet`);
    await open(desk, offered);
    await world.shot(desk, `hand-over-${locale}${light ? "-light" : ""}`);
    if (light) await clean(desk, `${locale} hand-over, bright`);
    await desk.page.goto("/matters/new");
    await desk.$("#matter-form").waitFor();
    await clean(desk, `${locale} new`);
    assert.doesNotMatch(await desk.$("main").innerText(), /undefined|\[object|\{\w+\}/);
    await desk.close();
  }
}

export const tests = [
  { name: "matters: a letter from its contact to closed", run: letterToClosed },
  { name: "matters: hand-over offered, refused, ruled", run: handOver },
  { name: "matters: queues by clock", run: queuesByClock },
  { name: "matters: forms, drafts, stale versions", run: formsAndDrafts },
  { name: "matters: by keyboard and command line alone", run: keyboardOnly },
  { name: "matters: a bad rating is looked into", run: badRating },
  { name: "matters: a bad rating is on the queue of an officer", run: badRatingOfAnOfficer },
  { name: "matters: publishing files, posts", run: publishing },
  ...Object.keys(titles).map((locale) => ({ name: `matters: in the language of ${locale}`, run: (world) => inLanguage(world, locale) })),
];
