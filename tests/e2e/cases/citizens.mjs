/* The citizens' page: from the first words to the rating, on a telephone, with what may go wrong on the way. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { house, matterCount } from "../house.mjs";

const PHONE = { viewport: { width: 375, height: 740 }, context: { isMobile: true, hasTouch: true, timezoneId: "Asia/Shanghai" } };
const LOCALES = { en: "en-GB", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW" };

async function phone(world, options = {}) {
  return world.desk({ ...PHONE, ...options, context: { ...PHONE.context, ...options.context } });
}

const entry = (desk, form, name) => desk.$(`${form} [name="${name}"]`);

/* Writes on the page; the code of the receipt. */
async function write(desk, text, { procedure = "letter", name, number } = {}) {
  await desk.page.goto("/public");
  await desk.$(`[data-offer="${procedure}"]`).click();
  await entry(desk, "#write-form", "text").fill(text);
  if (name) await entry(desk, "#write-form", "name").fill(name);
  if (number) await entry(desk, "#write-form", "number").fill(number);
  await desk.$('#write-form button.main[type="submit"]').click();
  await desk.$("[data-code]").waitFor();
  return (await desk.$("[data-code]").textContent()).trim();
}

async function follow(desk, code) {
  await desk.page.goto("/public");
  await desk.page.goto(`/follow#${code}`);
  await desk.$("[data-state]").waitFor();
}

async function again(desk) {
  await Promise.all([
    desk.page.waitForResponse((response) => response.url().includes("/public/cases/") && response.request().method() === "GET"),
    desk.page.getByRole("button", { name: "Look again" }).click(),
  ]);
}

const shown = (desk, selector) => desk.$(selector).first().waitFor();

/* --- the two ways through ----------------------------------------------------------------------- */

async function aLetter(world) {
  const people = await house(world);
  const desk = await phone(world);
  const code = await write(desk, "The lamp in Elm Street is dark.\n\nPlease mend it.", { name: "Li Hua", number: "13800000000" });
  assert.match(code, /^BM-/);
  assert.equal(decodeURIComponent(new URL(desk.page.url()).hash), `#${code}`, "the code stands in the fragment alone");
  assert.ok(!new URL(desk.page.url()).pathname.includes("BM-"));
  await desk.page.getByText("7 working days").waitFor();
  await shown(desk, "[data-promised]");
  await desk.page.reload(); /* the receipt is the desk's to show again */
  assert.equal((await desk.$("[data-code]").textContent()).trim(), code);
  await desk.page.getByRole("link", { name: "See where it stands" }).click();
  await shown(desk, '[data-state="received"]');
  await shown(desk, '[data-waiting="us"] :text("Letters clerk")');
  await shown(desk, '[data-until="running"]');
  await desk.page.getByText("No date has moved.").waitFor();
  /* The office asks; the clock stops; the writer answers on the same page. */
  await people.act(code, "clerk", "register", { subject: "Dark lamp", kind: "request" });
  await people.handOver(code, "clerk", "handler");
  await people.act(code, "officer", "ask_writer", { question: "Which lamp is it?" });
  await again(desk);
  await shown(desk, '[data-waiting="you"]');
  await shown(desk, '[data-card="texts"] :text("Which lamp is it?")');
  await shown(desk, '[data-card="notices"] :text("Which lamp is it?")');
  await shown(desk, '[data-moved="paused"]');
  await shown(desk, '[data-promise="reply"][data-stands="paused"]');
  await world.shot(desk, "public-asked");
  const add = '[data-act="add"]'; /* what is waited for stands open */
  await desk.$(`${add} button[type="submit"]`).click();
  await shown(desk, `${add} [data-problem="empty"]`);
  await entry(desk, add, "addition").fill("The third from the bridge.");
  await desk.$(`${add} button[type="submit"]`).click();
  await shown(desk, "[data-done]");
  await shown(desk, '[data-state="in_hand"]');
  await shown(desk, '[data-moved="resumed"]');
  assert.equal((await people.sheet(code)).fields.addition, "The third from the bridge.");
  await people.act(code, "officer", "prolong", { reason: "A part must be ordered." });
  await again(desk);
  await shown(desk, '[data-moved="extended"] :text("A part must be ordered.")');
  assert.match(await desk.$('[data-moved="extended"]').textContent(), /put off from .+ to /);
  /* Closed, rated once and under a name, and looked into. */
  await people.close(code);
  await again(desk);
  await shown(desk, '[data-state="solved"]');
  await shown(desk, '[data-promise="reply"][data-stands="kept"]');
  await shown(desk, '[data-text="reply"] :text("The lamp is mended.")');
  await desk.$('#rate-form button[type="submit"]').click();
  await shown(desk, '#rate-form [data-problem="choose"]');
  await desk.page.getByLabel("Not content at all").check();
  await desk.page.getByLabel("No, not solved").check();
  await desk.page.getByLabel("With my name").check();
  await entry(desk, "#rate-form", "text").fill("It is dark again.");
  await world.shot(desk, "public-rate");
  await desk.$('#rate-form button[type="submit"]').click();
  await shown(desk, '[data-rated="1"]');
  await shown(desk, '[data-check="open"]');
  assert.equal(await desk.$("#rate-form").count(), 0, "a rating is given once");
  const sheet = await people.sheet(code);
  assert.deepEqual([sheet.ratings[0].level, sheet.ratings[0].solved], [1, false]);
  await people.people.officer.must("POST", `/v1/contacts/${sheet.ratings[0].contact}/rating-check`, { text: "The fuse." },
    { "Idempotency-Key": `check-${code}` });
  await again(desk);
  await shown(desk, '[data-check="done"]');
  /* And opened again, with a reason. */
  await desk.$('[data-choice="reopen"]').click();
  await entry(desk, '[data-act="reopen"]', "reason").fill("Dark again.");
  await desk.$('[data-act="reopen"] button[type="submit"]').click();
  await shown(desk, '[data-state="in_hand"]');
  await world.shot(desk, "public-reopened");
}

async function aDispute(world) {
  const people = await house(world);
  const desk = await phone(world);
  const code = await write(desk, "The neighbours' dog barks all night.", { procedure: "mediation" });
  await desk.page.getByRole("link", { name: "See where it stands" }).click();
  await shown(desk, '[data-state="asked_for"]');
  await desk.page.getByRole("heading", { level: 1, name: "Mediation of a dispute" }).waitFor();
  await people.act(code, "clerk", "accept", { subject: "A dog", level: "neighbours", consent: true });
  await again(desk);
  await shown(desk, '[data-state="in_session"]');
  await shown(desk, '[data-card="notices"] :text("Mediation is voluntary and free")');
  await people.act(code, "clerk", "prolong", { reason: "Both sides asked for time." });
  await again(desk);
  await shown(desk, '[data-promise="whole"][data-stands="running"]');
  await shown(desk, '[data-moved="extended"]');
  /* Late in a year the new date lies beyond the holidays that are announced, and says so. */
  const whole = (await people.see(code)).case.promises.find((promise) => promise.clock === "whole");
  assert.equal(await desk.$('[data-promise="whole"] .provisional').count(), whole.provisional ? 1 : 0);
  await people.handOver(code, "clerk", "handler");
  await people.act(code, "handler", "fail", { reason: "No common ground." });
  await again(desk);
  await shown(desk, '[data-state="failed"]');
  await shown(desk, '[data-remedies] :text("You can go to court")');
  await desk.page.getByLabel("So-so").check();
  await desk.page.getByLabel("No, not solved").check();
  await desk.page.getByLabel("Without my name").check();
  await desk.$('#rate-form button[type="submit"]').click();
  await shown(desk, '[data-rated="3"]');
  assert.equal(await desk.$("[data-check]").count(), 0, "without a name nobody looks into it");
}

async function withdrawn(world) {
  await house(world);
  const desk = await phone(world);
  const code = await write(desk, "Never mind.");
  await desk.page.getByRole("link", { name: "See where it stands" }).click();
  await desk.$('[data-choice="withdraw"]').click();
  await shown(desk, '[data-act="withdraw"] :text("Are you sure?")');
  await world.shot(desk, "public-withdraw");
  await desk.page.getByRole("button", { name: "Leave it" }).click();
  await desk.$('[data-act="withdraw"]').waitFor({ state: "detached" });
  assert.equal((await (await house(world)).see(code)).case.closed, false, "the first press does nothing");
  await desk.$('[data-choice="withdraw"]').click();
  await desk.$('[data-act="withdraw"] button[type="submit"]').click();
  await shown(desk, '[data-state="withdrawn"]');
  await shown(desk, '[data-waiting="none"]');
}

async function refusedWithRemedies(world) {
  const people = await house(world);
  const code = await people.letter("Please paint the moon.");
  await people.act(code, "clerk", "register", { subject: "Moon", kind: "request" });
  await people.handOver(code, "clerk", "handler");
  await people.close(code, "refused");
  const desk = await phone(world);
  await follow(desk, code);
  await shown(desk, '[data-state="refused"]');
  await shown(desk, '[data-remedies] :text("the petitions office")');
  await world.shot(desk, "public-refused");
}

/* --- sending once ------------------------------------------------------------------------------- */

async function doubleClick(world) {
  const before = await matterCount(world);
  const desk = await phone(world);
  await desk.page.goto("/public/write/letter");
  await entry(desk, "#write-form", "text").fill("Once only.");
  await desk.$('#write-form button.main[type="submit"]').dblclick();
  await desk.$("[data-code]").waitFor();
  assert.equal(await matterCount(world), before + 1);
  await desk.page.goto("/public/write/letter");
  assert.equal(await entry(desk, "#write-form", "text").inputValue(), "", "what was sent is no draft any more");
}

async function draftSurvives(world) {
  await house(world);
  const desk = await phone(world);
  await desk.page.goto("/public/write/letter");
  await entry(desk, "#write-form", "text").fill("Half a sen");
  await entry(desk, "#write-form", "name").fill("Li");
  await desk.page.reload();
  assert.equal(await entry(desk, "#write-form", "text").inputValue(), "Half a sen");
  assert.equal(await entry(desk, "#write-form", "name").inputValue(), "Li");
  await desk.page.getByRole("button", { name: "Delete what I typed" }).click();
  await desk.page.reload();
  assert.equal(await entry(desk, "#write-form", "text").inputValue(), "");
  await entry(desk, "#write-form", "text").fill("   ");
  await desk.$('#write-form button.main[type="submit"]').click();
  await shown(desk, '[data-problem="missing-field"]');
  assert.equal(await entry(desk, "#write-form", "text").getAttribute("aria-invalid"), "true");
  await entry(desk, "#write-form", "text").fill("灯".repeat(5334)); /* 16,002 bytes */
  await desk.$('#write-form button.main[type="submit"]').click();
  await shown(desk, '[data-problem="too-long"]');
  await desk.$('[data-problem="too-long"] a').click();
  assert.equal(await desk.page.evaluate(() => document.activeElement?.getAttribute("name")), "text", "the fault leads to its field");
}

async function lostAnswer(world) {
  const before = await matterCount(world);
  const desk = await phone(world);
  await desk.page.goto("/public/write/letter");
  /* The desk gets it; the answer never comes, and the page is loaded anew. */
  let arrived;
  const taken = new Promise((resolve) => { arrived = resolve; });
  await desk.page.route("**/public/matters", async (route) => { await route.fetch(); arrived(); }, { times: 1 });
  await entry(desk, "#write-form", "text").fill("Lost on the way back.");
  await desk.$('#write-form button.main[type="submit"]').click();
  await taken;
  await desk.page.reload();
  await shown(desk, '[data-unsent="unsure"]');
  assert.equal(await entry(desk, "#write-form", "text").getAttribute("readonly"), "", "it cannot be changed while nobody knows");
  await world.shot(desk, "public-unsure");
  assert.deepEqual((await desk.axe()).violations, []);
  /* Also in another language: the same request, word for word. */
  await desk.page.getByRole("button", { name: "简体中文" }).click();
  await desk.$('[data-unsent="unsure"] button.main').click();
  await desk.$("[data-code]").waitFor();
  assert.equal(await matterCount(world), before + 1);
}

async function offLine(world) {
  const before = await matterCount(world);
  const desk = await phone(world);
  await desk.page.goto("/public/write/letter");
  await entry(desk, "#write-form", "text").fill("Written in a tunnel.");
  await desk.context.setOffline(true);
  await shown(desk, "[data-offline]");
  await desk.$('#write-form button.main[type="submit"]').click();
  await shown(desk, '[data-unsent="waiting"]');
  await world.shot(desk, "public-offline");
  assert.deepEqual((await desk.axe()).violations, []);
  await desk.page.getByRole("button", { name: "Stop trying" }).click();
  await shown(desk, '[data-unsent="unsure"]');
  await desk.$('[data-unsent="unsure"] button.main').click();
  await shown(desk, '[data-unsent="waiting"]');
  await desk.context.setOffline(false);
  await desk.$("[data-code]").waitFor();
  assert.equal(await matterCount(world), before + 1);
  /* A matter that was seen stays in view, and says that it is old. */
  await desk.page.getByRole("link", { name: "See where it stands" }).click();
  await shown(desk, "[data-state]");
  await desk.context.setOffline(true);
  await desk.page.getByRole("button", { name: "Look again" }).click();
  await shown(desk, "[data-stale]");
  await shown(desk, "[data-state]");
  await desk.context.setOffline(false);
  await desk.$("[data-stale]").waitFor({ state: "detached" });
}

/* --- codes and receipts ------------------------------------------------------------------------- */

async function wrongCode(world) {
  const people = await house(world);
  const code = await people.letter("Who has no code sees nothing.");
  const desk = await phone(world);
  await desk.page.goto("/public");
  const box = entry(desk, "#code-form", "code");
  await box.fill("what is this");
  await desk.$('#code-form button[type="submit"]').click();
  await shown(desk, '#code-form [data-problem="no-code"]');
  const other = `${code.slice(0, -1)}${code.endsWith("0") ? "1" : "0"}`;
  await box.fill(other);
  await desk.$('#code-form button[type="submit"]').click();
  await shown(desk, '[data-problem="not-found"]');
  await world.shot(desk, "public-wrong-code");
  assert.equal(await desk.$("[data-state]").count(), 0);
  /* As somebody types it: small letters, spaces, full width. */
  await entry(desk, "#code-form", "code").fill(`　${code.toLowerCase().replaceAll("-", " ").replace("bm", "ｂｍ")} `);
  await desk.$('#code-form button[type="submit"]').click();
  await shown(desk, '[data-state="received"]');
  const kept = await desk.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!kept.includes(code), "no code stays on the device");
}

async function verified(world) {
  await house(world);
  const desk = await phone(world, { context: { permissions: ["clipboard-read", "clipboard-write"] } });
  const code = await write(desk, "Sign this.");
  await desk.page.emulateMedia({ media: "print" });
  for (const hidden of ["header", "nav", "footer", "#receipt-link"]) assert.equal(await desk.$(hidden).first().isVisible(), false, hidden);
  for (const seen of ["[data-code]", "[data-promised]", ".qr img"]) assert.equal(await desk.$(seen).isVisible(), true, seen);
  await desk.page.screenshot({ path: `${world.shots}/public-print.png`, fullPage: true });
  await desk.page.emulateMedia({ media: null });
  await desk.page.getByRole("button", { name: "Check the signature here" }).click();
  await shown(desk, '[data-verdict="good"]');
  await desk.page.getByRole("button", { name: "Copy the link" }).click();
  await desk.page.getByText("Copied.").waitFor();
  assert.equal(await desk.page.evaluate(() => navigator.clipboard.readText()), `${world.server.origin}/follow#${code}`);
  const [download] = await Promise.all([
    desk.page.waitForEvent("download"),
    desk.page.getByRole("button", { name: "Save the signed receipt (file)" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `${code}.json`);
  const path = await download.path();
  const document = JSON.parse(readFileSync(path, "utf8"));
  assert.equal(document.code, code);
  /* The file, then its text with a changed word, a changed signature, another key, and what is no receipt. */
  await desk.page.getByRole("link", { name: "Check another receipt" }).click();
  await desk.$("#verify-file").setInputFiles(path);
  await shown(desk, '[data-verdict="good"]');
  await shown(desk, `.pairs :text("${code}")`);
  await world.shot(desk, "public-verified");
  const flipped = document.signature.replace(/^./, (first) => (first === "0" ? "1" : "0"));
  const cases = [
    [{ ...document, promise_unit: "2 working_days" }, "bad"],
    [{ ...document, provisional: !document.provisional }, "bad"],
    [{ ...document, signature: flipped }, "bad"],
    [{ ...document, key: "0".repeat(32) }, "other_key"],
    [{ ...document, colour: "red" }, "no_receipt"],
    [{ ...document, promise_unit: 7 }, "no_receipt"],
    ["{ half of it", "no_json"],
    [["a list"], "no_json"],
    [document, "good"],
  ];
  for (const [value, verdict] of cases) {
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    await entry(desk, "#verify-form", "document").fill(text);
    await desk.$('#verify-form button[type="submit"]').click();
    await shown(desk, `[data-verdict="${verdict}"]`);
    if (verdict === "bad") await world.shot(desk, "public-tampered");
    assert.equal(await desk.$(".pairs").count(), verdict === "good" ? 1 : 0, "only what is genuine is read out");
  }
}

/* --- for everybody ------------------------------------------------------------------------------ */

async function keyboardOnly(world) {
  const people = await house(world);
  const desk = await world.desk({ viewport: { width: 1280, height: 800 } });
  const { keyboard } = desk.page;
  /* Tab until the element has the focus: no further than a patient person would. */
  const reach = async (selector) => {
    for (let i = 0; i < 60; i++) {
      if (await desk.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
      await keyboard.press("Tab");
    }
    throw new Error(`no way to ${selector} by Tab`);
  };
  await desk.page.goto("/public");
  await desk.$("[data-offer]").first().waitFor();
  await keyboard.press("Tab");
  assert.equal(await desk.page.evaluate(() => document.activeElement?.className), "skip");
  await reach('[data-offer="letter"]');
  await keyboard.press("Enter");
  await desk.$("#write-form").waitFor();
  await reach("#write-form textarea");
  await keyboard.type("By keyboard alone.");
  await reach('#write-form button[type="submit"]');
  await keyboard.press("Enter");
  await desk.$("[data-code]").waitFor();
  const code = (await desk.$("[data-code]").textContent()).trim();
  await reach('a[href^="/follow#"]');
  await keyboard.press("Enter");
  await shown(desk, '[data-state="received"]');
  await people.act(code, "clerk", "register", { subject: "Keys", kind: "request" });
  await people.handOver(code, "clerk", "handler");
  await people.close(code);
  await again(desk);
  await shown(desk, "#rate-form");
  for (const name of ["level", "solved", "named"]) {
    await reach(`#rate-form [name="${name}"]`);
    await keyboard.press("Space");
  }
  await reach('#rate-form button[type="submit"]');
  await keyboard.press("Enter");
  await shown(desk, '[data-rated="5"]');
  await reach('[data-choice="reopen"]');
  await keyboard.press("Enter");
  await reach('[data-act="reopen"] textarea');
  await keyboard.type("Once more.");
  await reach('[data-act="reopen"] button[type="submit"]');
  await keyboard.press("Enter");
  await shown(desk, '[data-state="in_hand"]');
}

/* Every view in every language, on a phone and on a desk, by day and by night. */
async function everybody(world) {
  const people = await house(world);
  const code = await people.letter("The lamp in Elm Street is dark.", { name: "Li Hua" });
  await people.act(code, "clerk", "register", { subject: "Dark lamp", kind: "request" });
  await people.handOver(code, "clerk", "handler");
  await people.act(code, "officer", "ask_writer", { question: "Which lamp?" });
  const closed = await people.letter("The gate is broken.");
  await people.act(closed, "clerk", "register", { subject: "Gate", kind: "request" });
  await people.handOver(closed, "clerk", "handler");
  await people.close(closed, "refused");
  const views = {
    start: ["/public", "[data-offer]"], write: ["/public/write/letter", "#write-form"], receipt: [`/public/receipt#${code}`, "[data-code]"],
    asked: [`/follow#${code}`, "[data-state]"], closed: [`/follow#${closed}`, "[data-state]"], verify: ["/public/verify", "#verify-form"],
    follow: ["/follow", "#code-form"],
  };
  /* Widths and colours do not depend on the words: not every pair is looked at. */
  const screens = [["en", "phone", "light"], ["en", "desk", "dark"], ["zh-Hans", "phone", "dark"], ["zh-Hant", "phone", "light"]];
  const faults = [];
  for (const [lang, kind, colorScheme] of screens) {
    const options = { locale: LOCALES[lang], context: { colorScheme } };
    const desk = kind === "phone" ? await phone(world, options) : await world.desk({ ...options, viewport: { width: 1280, height: 900 } });
    for (const [name, [address, ready]] of Object.entries(views)) {
      await desk.page.goto("about:blank"); /* else only the fragment changes */
      await desk.page.goto(address);
      await desk.$(ready).first().waitFor();
      assert.equal(await desk.page.evaluate(() => document.documentElement.lang), lang);
      if (lang !== "zh-Hant") { /* differs from zh-Hans in its words alone */
        const { violations } = await desk.axe();
        faults.push(...violations.map((fault) => `${lang} ${kind} ${name}: ${fault}`));
      }
      const wide = await desk.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) faults.push(`${lang} ${kind} ${name}: ${wide} px wider than the screen`);
      await desk.page.screenshot({ path: `${world.shots}/public-${name}-${kind}-${lang}.png`, fullPage: true });
    }
  }
  assert.deepEqual(faults, []);
}

async function languagesAndPolicy(world) {
  const people = await house(world);
  const code = await people.letter("In three languages.");
  const desk = await phone(world);
  const asked = [];
  desk.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await follow(desk, code);
  for (const [name, wanted] of [["简体中文", "目前情况"], ["繁體中文", "目前情況"], ["English", "Where it stands"]]) {
    await desk.page.getByRole("button", { name }).click();
    await desk.page.getByRole("heading", { name: wanted }).waitFor();
  }
  const files = new Set(asked.filter((path) => path.includes(".")));
  assert.deepEqual([...files].sort(), ["/public.css", "/public.js"], "nothing of the console, no map");
  const answer = await fetch(`${world.server.origin}/follow`);
  assert.match(answer.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'; style-src 'self'/);
  const danger = desk.$(".danger a");
  assert.equal(await danger.getAttribute("href"), "tel:110");
  for (const path of ["/public/nowhere", "/public/write/emergency"]) {
    await desk.page.goto(path);
    await desk.page.getByRole("heading", { name: "There is no such page here." }).waitFor();
  }
}

async function whereIAm(world) {
  const people = await house(world);
  const desk = await phone(world, { context: { permissions: ["geolocation"], geolocation: { latitude: 31.2304, longitude: 121.4737, accuracy: 12 } } });
  await desk.page.goto("/public/write/letter");
  await entry(desk, "#write-form", "text").fill("A hole in the road.");
  await entry(desk, "#write-form", "place").fill("Before the tea house");
  await desk.page.getByRole("button", { name: "Add where I am now" }).click();
  await desk.page.getByText("31.23040, 121.47370").waitFor();
  const [request] = await Promise.all([
    desk.page.waitForRequest("**/public/matters"),
    desk.$('#write-form button.main[type="submit"]').click(),
  ]);
  await desk.$("[data-code]").waitFor();
  assert.deepEqual(request.postDataJSON(),
    { procedure: "letter", text: "A hole in the road.\n\nPlace: Before the tea house", lat: 31.2304, lon: 121.4737 });
  const code = (await desk.$("[data-code]").textContent()).trim();
  assert.ok((await people.sheet(code)).case.personal.description.includes("Before the tea house"));
}

export const tests = [
  { name: "a citizen's letter: written, asked, added to, closed, rated, opened again", run: aLetter },
  { name: "a citizen's dispute: mediation asked for and followed to its end", run: aDispute },
  { name: "a citizen withdraws with the second press", run: withdrawn },
  { name: "a citizen who is refused reads what else they can do", run: refusedWithRemedies },
  { name: "a citizen's double click sends once", run: doubleClick },
  { name: "a citizen's draft survives a reload, and errors name the field", run: draftSurvives },
  { name: "a citizen's letter whose answer was lost arrives once", run: lostAnswer },
  { name: "a citizen off line: visibly not sent, then sent once", run: offLine },
  { name: "a citizen's code: a wrong one shows nothing, a badly typed one leads there", run: wrongCode },
  { name: "a citizen checks receipts: genuine and tampered", run: verified },
  { name: "a citizen's page by keyboard alone", run: keyboardOnly },
  { name: "a citizen's place goes along when they want it", run: whereIAm },
  { name: "a citizen's page in three languages loads nothing else", run: languagesAndPolicy },
  { name: "a citizen's page, every view: axe, three languages, phone and desk", run: everybody },
];
