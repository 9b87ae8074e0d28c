/* Own data on the page: a file with what is wrong in the language of the page, mended, taken in; a person who joins. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../browser.mjs";

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

const square = [[[16.3, 48.2], [16.4, 48.2], [16.4, 48.3], [16.3, 48.2]]];
const feature = (code, border, more = {}) => ({
  type: "Feature", properties: { code, name: `Area ${code}`, kind: "jurisdiction", agency: "HD", ...more },
  geometry: { type: "Polygon", coordinates: border },
});
const bow = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]];
const faulty = {
  areas: ["areas.geojson", JSON.stringify({ type: "FeatureCollection", features: [feature("B-1", bow), feature("B-2", [[[0, 0], [1, 1]]])] })],
  agencies: ["agencies.csv", "code,name,level,parent,division\nX-1,X,station,HD,12\nX-2,Y,station\n"],
};
const faults = {
  English: { areas: ["The border crosses itself", "fewer than three points"], agencies: ["A division code has 6 digits", "another number of cells"] },
  简体中文: { areas: ["边界自相交叉", "不足三个点"], agencies: ["行政区划代码为 6 位", "格数与表头不同"] },
  繁體中文: { areas: ["邊界自相交叉", "不足三個點"], agencies: ["行政區劃代碼為 6 位", "格數與表頭不同"] },
};

/* What is wrong with a row is said in the language of the page, whoever found it: reader, border or the core's rules. */
async function everyFaultInThreeLanguages(world) {
  const desk = await world.at(world.admin);
  await desk.page.goto("/admin");
  for (const [kind, [name, text]] of Object.entries(faulty)) {
    const path = join(world.server.folder, name);
    writeFileSync(path, text);
    await desk.$(`#data-kind option[value="${kind}"]`).waitFor({ state: "attached" });
    await desk.$("#data-kind").selectOption(kind);
    await choose(desk, path);
    for (const [language, said] of Object.entries(faults)) {
      await desk.page.getByRole("button", { name: language, exact: true }).click();
      for (const reason of said[kind]) await desk.$("[data-own-data] tbody").getByText(reason).first().waitFor();
      assert.equal(await desk.$('[data-own-data] tbody [lang="en"]').count(), 0, "no sentence is English only");
    }
  }
  await world.shot(desk, "own-data-faults");
}

const named = (desk, name) => until(async () => (await desk.field("name", "#area-form").inputValue()) === name, `the form says ${name}`);

/* Places and areas are renamed and retired by hand; a border stays as the file brought it. */
async function groundByHand(world) {
  const desk = await world.at(world.admin), api = await world.api();
  const path = join(world.server.folder, "ground.geojson");
  writeFileSync(path, JSON.stringify({ type: "FeatureCollection", features: [feature("G-1", square)] }));
  await desk.page.goto("/admin");
  await desk.$('#data-kind option[value="areas"]').waitFor({ state: "attached" });
  await desk.$("#data-kind").selectOption("areas");
  await choose(desk, path);
  await desk.$("[data-take]").click();
  await desk.$("[data-area-row]").getByText("Area G-1").waitFor(); /* by the stream: the list was read before */
  await desk.$('#area-form button[type="submit"]').click();
  await desk.$('[data-message="bad"]').getByText("Choose the area.").waitFor();
  const choice = (form, text) => desk.$(`${form} [name="which"] option`).filter({ hasText: text }).first().getAttribute("value");
  await desk.$('#area-form [name="which"]').selectOption(await choice("#area-form", "G-1"));
  await named(desk, "Area G-1");
  await desk.field("name", "#area-form").fill("Harbour ground");
  await desk.$('#area-form button[type="submit"]').click();
  await desk.$("[data-area-row]").getByText("G-1 · Harbour ground").waitFor();
  const { borders } = await api.must("GET", "/v1/areas/borders");
  const mine = borders.find((each) => each.area.code === "G-1");
  assert.deepEqual([mine.area.name, mine.border.coordinates[0].length], ["Harbour ground", 4]);
  /* Somebody else was quicker: nothing is overwritten. */
  await desk.sent("#area-form");
  await desk.$('#area-form [name="which"]').selectOption(mine.area.id);
  await named(desk, "Harbour ground");
  const body = { kind: "zone", code: "G-1", name: "Harbour zone", jurisdiction: "1" };
  await api.must("PUT", `/v1/areas/${mine.area.id}`, body, { "If-Match": `"${mine.area.version}"` });
  await desk.$("[data-area-row]").getByText("Harbour zone").waitFor();
  await desk.field("active", "#area-form").uncheck();
  await desk.$('#area-form button[type="submit"]').click();
  await desk.$("#area-form .problem").waitFor();
  await desk.$("#area-form .problem").getByRole("button").first().click();
  await named(desk, "Harbour zone");
  await desk.field("active", "#area-form").uncheck();
  await desk.$('#area-form button[type="submit"]').click();
  await desk.$("[data-area-row]").getByText("retired").waitFor();
  assert.ok(!(await api.must("GET", "/v1/areas/borders")).borders.some((each) => each.area.code === "G-1"), "what is retired is not drawn");
  /* A place: made, moved to where it is, retired. */
  await desk.field("name", "#place-form").fill("Old Pier");
  await desk.field("position", "#place-form").fill("nowhere");
  await desk.$('#place-form button[type="submit"]').click();
  await desk.$("#place-form .fault").waitFor();
  await desk.field("position", "#place-form").fill("48.20000, 16.30000");
  await desk.$('#place-form button[type="submit"]').click();
  await desk.$("[data-place]").getByText("Old Pier").waitFor();
  await desk.sent("#place-form");
  await desk.$('#place-form [name="which"]').selectOption(await choice("#place-form", "Old Pier"));
  await until(async () => (await desk.field("name", "#place-form").inputValue()) === "Old Pier", "the form says Old Pier");
  await desk.field("name", "#place-form").fill("New Pier");
  await desk.field("position", "#place-form").fill("48.21000, 16.31000");
  await desk.field("active", "#place-form").uncheck();
  await desk.$('#place-form button[type="submit"]').click();
  await desk.$("[data-place]").getByText(/New Pier.*retired/).waitFor();
  const place = (await api.must("GET", "/v1/places")).rows.find((each) => each.name === "New Pier");
  assert.deepEqual([place.lat, place.lon, place.active], [48.21, 16.31, false]);
  assert.deepEqual((await desk.axe()).violations, []);
  await desk.$("#places-title").scrollIntoViewIfNeeded();
  await world.shot(desk, "admin-ground");
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
  { name: "own data: what is wrong with a row is said in three languages", run: everyFaultInThreeLanguages },
  { name: "own data: places and areas are renamed, moved and retired by hand", run: groundByHand },
  { name: "own data: a person joins by a link", run: joinByLink },
];
