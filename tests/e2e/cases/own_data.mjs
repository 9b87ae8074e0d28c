/* Own data on the page: a file with what is wrong in the language of the page, mended, taken in; a person who joins. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const wrong = "呼号;类型;机构代码;驻地代码\nW-1;消防车;HD;\nW-2;坦克;HD;\nW-3;警车;没有;\n";
const mended = wrong.replace("坦克", "云梯车").replace("没有", "HD");
const said = { 简体中文: [/“坦克”不是此处允许的词/, /没有机构“没有”/], 繁體中文: [/「坦克」不是此處允許的詞/, /沒有機構「没有」/], English: [/“坦克” is not one of the words/, /There is no agency “没有”/] };

/* As a person does: the button, then the file, which may be the one before, mended. */
async function choose(desk, path) {
  const [chooser] = await Promise.all([desk.page.waitForEvent("filechooser"), desk.$("#data-file").click()]);
  await chooser.setFiles(path);
}

async function fileOnThePage(world) {
  const path = join(world.server.folder, "units.csv"), api = await world.api(), desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  await desk.$('#data-kind option[value="units"]').waitFor({ state: "attached" });
  await desk.$("#data-kind").selectOption("units");
  writeFileSync(path, wrong);
  await choose(desk, path);
  await desk.$('[data-seen="not"]').waitFor();
  assert.equal(await desk.$("[data-own-data] tbody tr").count(), 2); /* what is wrong is shown first */
  assert.equal(await desk.$("[data-take]").count(), 0);
  for (const [language, reasons] of Object.entries(said)) {
    await desk.page.getByRole("button", { name: language }).click();
    for (const reason of reasons) await desk.$("[data-own-data] tbody").getByText(reason).waitFor();
    await world.shot(desk, `own-data-${language}`);
  }
  assert.deepEqual((await desk.axe()).violations, []);
  writeFileSync(path, mended);
  await choose(desk, path);
  await desk.$('[data-seen="ready"] tr[data-verdict="new"]').first().waitFor();
  await desk.$("[data-take]").click();
  await desk.page.getByText("Taken in: 3 new, 0 changed.").waitFor();
  const units = (await api.must("GET", "/v1/units?limit=1000")).rows.filter((unit) => unit.call_sign.startsWith("W-"));
  assert.deepEqual(units.map((unit) => unit.kind), ["fire_engine", "ladder", "car"]);
  await choose(desk, path);
  await desk.page.getByText("Everything in the file is so already.").waitFor();
}

async function joinByLink(world) {
  const desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  const path = join(world.server.folder, "people.csv");
  writeFileSync(path, "number,name,roles,agency\n7001,Wei,call_taker dispatcher,HD\n");
  await desk.$('#data-kind option[value="accounts"]').waitFor({ state: "attached" });
  await desk.$("#data-kind").selectOption("accounts");
  await choose(desk, path);
  await desk.$("[data-take]").click();
  await desk.$("[data-links] code").waitFor();
  const link = await desk.$("[data-links] code").innerText();
  const wei = await world.desk({ locale: "zh-CN" });
  await wei.page.goto(link);
  await wei.page.getByRole("heading", { name: "加入本席位台" }).waitFor();
  assert.deepEqual((await wei.axe()).violations, []);
  await world.shot(wei, "join");
  await wei.$('[name="password"]').fill("wei has a long word");
  await wei.$('button[type="submit"]').click();
  await wei.$("#cases").waitFor();
  assert.equal(new URL(wei.page.url()).hash, ""); /* the token is gone from the address */
}

async function devicesByFile(world) {
  const path = join(world.server.folder, "devices.csv"), desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  await desk.$('#data-kind option[value="devices"]').waitFor({ state: "attached" });
  await desk.$("#data-kind").selectOption("devices");
  writeFileSync(path, "终端名称,协议,呼号\nbus-1,osmand,W-1\n13900000009,jt808,W-1\n");
  await choose(desk, path);
  await desk.$("[data-take]").click();
  await desk.$('[data-secrets="1"] code').waitFor();
  const secret = await desk.$("[data-secrets] code").innerText();
  assert.match(secret, /^[0-9a-f]{32}$/);
  assert.equal((await fetch(`${world.server.origin}/v1/intake/osmand?id=bus-1&lat=1&lon=2&token=${secret}`)).status, 200);
  assert.deepEqual((await desk.axe()).violations, []);
  await world.shot(desk, "own-data-secrets");
  await desk.page.getByRole("button", { name: "繁體中文" }).click();
  await desk.$("[data-secrets] h3").getByText("新終端的密鑰").waitFor();
  await desk.page.getByRole("button", { name: "English" }).click();
}

export const tests = [
  { name: "own data: a file is looked at, mended and taken in", run: fileOnThePage },
  { name: "own data: devices come from a file, with their secrets", run: devicesByFile },
  { name: "own data: a person joins by a link", run: joinByLink },
];
