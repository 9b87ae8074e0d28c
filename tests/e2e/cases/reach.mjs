/* For everybody: three languages, no mouse, WCAG 2.2 AA. */
import assert from "node:assert/strict";
import { until } from "../browser.mjs";
import { aClass, closeQuietly } from "./access.mjs";

async function threeLanguages(world) {
  const titles = { "zh-CN": ["守夜人值班台", "zh-Hans"], "zh-TW": ["守夜人值班台", "zh-Hant"], "en-US": ["Bellman duty desk", "en"] };
  const logIn = { "zh-CN": "登录", "zh-TW": "登入", "en-US": "Log in" };
  for (const [locale, [title, lang]] of Object.entries(titles)) {
    const desk = await world.desk({ locale });
    await desk.page.goto("/");
    await desk.page.getByRole("heading", { name: title }).waitFor();
    await desk.page.getByRole("button", { name: logIn[locale], exact: true }).waitFor();
    assert.equal(await desk.page.evaluate(() => document.documentElement.lang), lang);
    assert.deepEqual((await desk.axe()).violations, []);
  }
  const desk = await world.at(world.second);
  const id = await desk.openCase({ class: await aClass(world), address: "中山路 1 号" });
  for (const [button, title, sheet] of [
    ["简体中文", "未结警情", "派警情况"], ["繁體中文", "未結警情", "派遣情形"], ["English", "Open incidents", "Units on this incident"],
  ]) {
    await desk.page.getByRole("button", { name: button }).click();
    await desk.page.getByRole("heading", { name: title }).waitFor();
    await desk.page.getByRole("heading", { name: sheet }).waitFor();
    assert.deepEqual((await desk.axe()).violations, [], button);
  }
  await desk.page.getByRole("button", { name: "简体中文" }).click();
  await world.shot(desk, "zh-hans");
  await desk.send("没有");
  await desk.page.getByText("没有处置力量 没有。").waitFor();
  await desk.page.reload();
  await desk.page.getByRole("heading", { name: "未结警情" }).waitFor();
  await closeQuietly(world, id);
}

async function axeEverywhere(world) {
  const desk = await world.at(world.admin);
  const api = await world.api();
  const code = await aClass(world);
  const ids = [];
  for (const address of ["Axe street 1", "Axe street 2"]) {
    ids.push((await api.must("POST", "/v1/cases", { class: code, address })).case.id);
  }
  const { contact } = await api.must("POST", "/v1/contacts", { channel: "text", text: "hello" });
  await desk.$(`[data-contact="${contact.id}"]`).waitFor();
  let passes = 0;
  const look = async (name) => {
    const found = await desk.axe();
    passes += found.passes;
    assert.deepEqual(found.violations, [], name);
  };
  await look("board");
  await world.shot(desk, "board");
  await desk.$(`[data-contact="${contact.id}"]`).getByRole("button", { name: /^End/ }).click();
  await look("contact");
  await desk.show(ids[0]);
  await desk.send("A-101 A-102");
  await desk.$('[data-assignment][data-state="assigned"]').first().waitFor();
  await desk.field("text", "#note-form").fill("draft");
  await look("sheet");
  await desk.$("[data-assignment]").first().getByRole("button", { name: /Clear/ }).click();
  await desk.page.getByRole("button", { name: "Edit" }).click();
  await look("sheet, editing");
  await desk.send("nobody");
  await desk.$("#assign-form .fault").waitFor();
  await look("sheet, refused");
  for (const path of ["/open", "/contact", "/help"]) {
    await desk.page.goto(path);
    await desk.live();
    await look(path);
  }
  await desk.page.goto("/help");
  await desk.page.getByLabel("Light colours").check();
  await desk.page.goto(`/case/${ids[0]}`);
  await desk.$(`[data-sheet="${ids[0]}"] [data-timeline]`).waitFor();
  await look("light");
  await world.shot(desk, "light");
  await desk.page.goto("/help");
  await desk.page.getByLabel("Light colours").uncheck();
  await desk.page.setViewportSize({ width: 400, height: 800 });
  await desk.page.goto(`/case/${ids[0]}`);
  await desk.$(`[data-sheet="${ids[0]}"]`).waitFor();
  await look("narrow");
  const wide = await desk.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `the narrow page is ${wide} px too wide`);
  await world.shot(desk, "narrow");
  console.log(`  axe: ${passes} rules passed, no violations`);
  await api.must("POST", `/v1/contacts/${contact.id}/end`, { result: "test" });
  for (const id of ids) await closeQuietly(world, id);
}

/* Only keys: open, send, report, close.  Every stop must have a visible focus. */
async function keyboardOnly(world) {
  const desk = await world.at(world.second);
  const { keyboard } = desk.page;
  const code = await aClass(world);
  const focused = () => desk.page.evaluate(() => {
    const it = document.activeElement;
    const style = getComputedStyle(it);
    return {
      what: `${it.tagName} ${it.getAttribute("name") ?? ""} ${it.getAttribute("aria-label") ?? it.textContent.slice(0, 40)}`,
      name: it.getAttribute("name"), label: it.getAttribute("aria-label") ?? "", text: it.textContent.trim(),
      seen: it === document.body || style.outlineStyle !== "none",
    };
  });
  const tabTo = async (wanted, key = "Tab") => {
    for (let i = 0; i < 120; i++) {
      await keyboard.press(key);
      const at = await focused();
      assert.ok(at.seen, `focus cannot be seen on: ${at.what}`);
      if (wanted(at)) return;
    }
    throw new Error(`never came to ${wanted}`);
  };
  const focusOn = (wanted) => until(async () => wanted(await focused()), `the focus comes to ${wanted}`);
  await keyboard.press("o");
  await focusOn((at) => at.name === "address");
  await keyboard.type("Key Street 3");
  await tabTo((at) => at.name === "class");
  await keyboard.type(code);
  await keyboard.press("Enter");
  await desk.page.waitForURL(/\/case\/\d+$/);
  const id = desk.page.url().split("/").pop();
  await focusOn((at) => at.text.startsWith(`Incident ${id}`));
  await keyboard.press("a");
  await focusOn((at) => at.name === "units");
  await keyboard.type("A-101");
  await keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="assigned"]').waitFor();
  await tabTo((at) => at.label === "A-101: Scene", "Shift+Tab");
  await keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="on_scene"]').waitFor();
  await keyboard.press("/");
  await keyboard.type("S A-101 cleared done");
  await keyboard.press("Enter");
  await desk.$('[data-assignment][data-state="cleared"]').waitFor();
  await keyboard.press("Escape");
  await keyboard.press("n");
  await focusOn((at) => at.name === "text");
  await keyboard.type("By keys alone.");
  await keyboard.press("Control+Enter");
  await desk.$('[data-timeline] :text("By keys alone.")').waitFor();
  await tabTo((at) => at.name === "outcome");
  await keyboard.type("sol");
  await tabTo((at) => at.text === "Close the incident");
  await keyboard.press("Enter");
  await desk.$('[data-sheet-state="closed"]').waitFor();
  await focusOn((at) => at.text.startsWith(`Incident ${id}`));
  await keyboard.press("Escape");
  await desk.page.waitForURL(/\/$/);
  /* Single keys can be switched off. */
  await keyboard.press("?");
  await desk.$("#single-keys").focus();
  await keyboard.press("Space");
  await keyboard.press("o");
  assert.match(desk.page.url(), /\/help$/);
}

/* The form puts the focus into its first field, but not when somebody was quicker. */
async function focusIsNotStolen(world) {
  const desk = await world.at(world.second);
  await desk.page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      const field = document.querySelector('#open-form [name="class"]');
      if (!field) return;
      observer.disconnect();
      field.focus();
    }).observe(document, { childList: true, subtree: true });
  });
  await desk.page.goto("/open");
  await desk.field("address", "#open-form").waitFor();
  await desk.page.keyboard.type("fire");
  assert.equal(await desk.field("class", "#open-form").inputValue(), "fire");
  assert.equal(await desk.field("address", "#open-form").inputValue(), "");
}

export const tests = [
  { name: "three languages: by the browser's wish and by the switch", run: threeLanguages },
  { name: "axe finds no violations on board, sheet, forms, help and a narrow screen", run: axeEverywhere },
  { name: "by keys alone: open, send, report, note, close, with visible focus", run: keyboardOnly },
  { name: "the focus is not taken from whoever types in another field", run: focusIsNotStolen },
];
