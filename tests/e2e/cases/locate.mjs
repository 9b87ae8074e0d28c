/* A caller lets the desk see where they are, by a link that an operator reads out. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { aClass, closeQuietly } from "./access.mjs";

async function callerShowsTheWay(world) {
  const api = await world.api();
  const desk = await world.at(world.second);
  const { contact } = await api.must("POST", "/v1/contacts", { channel: "call", number: "13700137000" }, { "Idempotency-Key": randomUUID() });
  const mine = desk.$(`[data-contact="${contact.id}"]`);
  await mine.getByRole("button", { name: /^Answer/ }).click();
  await desk.page.waitForURL(/\/open\?contact=/); /* it is answered: leaving the page before could take it back */
  await desk.page.goto("/");
  await mine.getByRole("button", { name: /^Ask where they are/ }).click();
  const text = await mine.locator("[data-locate-link]").innerText();
  const link = /http\S+\/locate#\S+/.exec(text)[0];
  const phone = await world.desk({
    locale: "zh-CN", viewport: { width: 390, height: 780 },
    context: { geolocation: { latitude: 31.2304, longitude: 121.4737, accuracy: 25 }, permissions: ["geolocation"] },
  });
  await phone.page.goto(link);
  await phone.$("[data-locate-agree]").waitFor();
  assert.match(await phone.$("h1").innerText(), /允许接警台看到您的位置吗/);
  assert.deepEqual((await phone.axe()).violations, []);
  await world.shot(phone, "locate-ask");
  assert.equal((await api.must("GET", `/v1/contacts/${contact.id}`)).contact.fix_count, 0, "nothing before they agree");
  await phone.$("[data-locate-agree]").click();
  await phone.$("[data-locate-sent]").waitFor();
  await mine.locator("[data-device-place]").getByText("within 25 m").waitFor();
  await mine.locator("[data-show-track]").click();
  await mine.locator("[data-track] li").first().waitFor();
  await world.shot(desk, "locate-track");
  /* More than a page of them: the newest stand first, the others behind a button. */
  for (let n = 0; n < 105; n++) {
    const fix = { lat: 31, lon: 121, uncertainty_m: 1000 + n, fix_source: "device" };
    await api.must("POST", `/v1/contacts/${contact.id}/fixes`, fix, { "Idempotency-Key": randomUUID() });
  }
  await mine.locator("[data-track] li").first().getByText("1104 m").waitFor();
  const before = await mine.locator("[data-track] li").count();
  assert.ok(before >= 100 && before <= 106, `${before} places`);
  if (before < 106) await mine.locator("[data-older-places]").click();
  await mine.locator("[data-track] li").nth(105).waitFor();
  await mine.locator("[data-track] li").nth(105).getByText("25 m").waitFor();
  assert.deepEqual((await desk.axe()).violations, []);
  await phone.$("[data-locate-end]").click();
  await phone.$('[data-locate="ended"]').waitFor();
  await desk.$(`[data-contact="${contact.id}"] [data-locating="ended"]`).waitFor();
  /* Asked again, agreed, and ended by the end of the case. */
  await mine.getByRole("button", { name: /^Ask where they are/ }).click();
  await desk.$(`[data-contact="${contact.id}"] [data-locating="asked"]`).waitFor();
  const second = await api.must("GET", `/v1/contacts/${contact.id}/locate`);
  await phone.page.goto("about:blank");
  await phone.page.goto(world.server.origin + second.path);
  await phone.$("[data-locate-agree]").click();
  await phone.$("[data-locate-sent]").waitFor();
  const opened = await api.must("POST", "/v1/cases", { class: await aClass(world), contact: contact.id }, { "Idempotency-Key": randomUUID() });
  await closeQuietly(world, opened.case.id);
  await phone.$('[data-locate="ended"]').waitFor();
}

export const tests = [{ name: "locate: a caller shows where they are, and stops", run: callerShowsTheWay }];
