/* The bar at the top stands in one row on the screens that desks have, in every language, with all that it may hold. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { aClass, closeQuietly } from "./access.mjs";

const WIDTHS = [1280, 1440, 1920];
const once = () => ({ "Idempotency-Key": randomUUID() });
const languages = { en: "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文" };

/* A position to sit at, a level in force, an overdue matter's count, a call that rings: the bar says all of it. */
async function full(world) {
  const api = await world.api();
  const { desk_position: seat } = await api.must("POST", "/v1/desk-positions", { code: "BAR", name: "Long position", jurisdiction: "1" }, once());
  await api.must("POST", `/v1/desk-positions/${seat.id}/log-on`, {}, once());
  const { duty_level: level } = await api.must("POST", "/v1/duty-levels", { code: "bar", name: "Raised", rank: 9, jurisdiction: "1", units: [], agencies: [] }, once());
  const raise = await api.must("POST", `/v1/duty-levels/${level.id}/raise`, { until_at_ms: Date.now() + 3_600_000, reason: "test" }, { ...once(), "If-Match": `"${level.version}"` });
  const { contact } = await api.must("POST", "/v1/contacts", { channel: "call", line: "bar" }, once());
  return async () => {
    await api.must("POST", `/v1/contacts/${contact.id}/abandon`, {}, once());
    await api.must("POST", `/v1/duty-levels/${level.id}/end`, {}, { ...once(), "If-Match": `"${raise.duty_level.version}"` });
    await api.must("POST", `/v1/desk-positions/${seat.id}/log-off`, {}, once());
  };
}

/* Where its parts stand: in how many rows, and whether any is cut off. */
const rowsOf = (desk) => desk.$("header.bar").evaluate((bar) => {
  const parts = [...bar.children].filter((each) => each.getClientRects().length && getComputedStyle(each).position !== "absolute");
  const boxes = parts.map((each) => each.getBoundingClientRect());
  const middles = boxes.map((box) => Math.round(box.top + box.height / 2));
  const outside = parts.filter((_, i) => boxes[i].right > innerWidth + 0.5 || boxes[i].left < -0.5).map((each) => each.textContent);
  const overlap = boxes.some((box, i) => i > 0 && Math.abs(middles[i] - middles[i - 1]) < 12 && box.left < boxes[i - 1].right - 0.5);
  return { rows: middles.filter((each, i) => i === 0 || Math.abs(each - middles[i - 1]) > 12).length, outside, overlap, command: bar.querySelector("[data-command]").getBoundingClientRect().width };
});

async function oneRow(world) {
  const undo = await full(world);
  const id = (await (await world.api()).must("POST", "/v1/cases", { class: await aClass(world), address: "Bar 1" }, once())).case.id;
  const faults = [];
  for (const width of WIDTHS) {
    const desk = await world.desk({ viewport: { width, height: 800 } });
    await desk.logIn(world.admin.login, world.admin.password);
    for (const part of ['[data-seat="BAR"]', '[data-level="bar"]', "[data-longest]", '[data-copy="saved"]']) await desk.$(part).waitFor();
    for (const [code, name] of Object.entries(languages)) {
      await desk.page.getByRole("button", { name, exact: true }).click();
      await desk.$(`html[lang="${code}"]`).waitFor();
      const seen = await rowsOf(desk);
      await world.shot(desk, `bar-${width}-${code}`);
      if (seen.rows > 1 || seen.outside.length || seen.overlap || seen.command < 120) faults.push(`${width} ${code}: ${JSON.stringify(seen)}`);
    }
    await desk.close();
  }
  await undo();
  await closeQuietly(world, id);
  assert.deepEqual(faults, []);
}

export const tests = [{ name: "the bar stands in one row at 1280, 1440 and 1920 in every language", run: oneRow }];
