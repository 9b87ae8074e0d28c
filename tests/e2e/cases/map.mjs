/* The map: on a desk of its own, with tiles that tilemaker makes here from a town of four streets; and what a page
 * says that has no tiles, or no WebGL 2. */
import assert from "node:assert/strict";
import { Desk } from "../browser.mjs";
import { centre, makeArea, makeTiles, missingTools } from "../map_area.mjs";
import { Client, Server } from "../server.mjs";

const boss = { login: "boss", password: "a bell in the night" };
let keys = 0;
const key = () => ({ "Idempotency-Key": `map-${++keys}` });

/* A desk with two cars and a case, ended by `close`; its pages stand in a browser that draws, or in one that does not. */
class MapWorld {
  static async open(outer, { tiles = true, area = false, drawing = true } = {}) {
    const world = new MapWorld();
    try {
      const options = area ? makeArea(outer.server.program) : tiles ? ["--tiles", makeTiles()] : [];
      world.server = new Server(outer.server.program, options);
      await world.server.start();
      world.browser = drawing ? await outer.drawer() : outer.browser;
      await world.furnish();
      return world;
    } catch (error) {
      await world.close().catch(() => {});
      throw error;
    }
  }

  desks = [];

  async furnish() {
    this.api = new Client(this.server);
    const made = await this.api.must("POST", "/v1/setup", {
      ...boss, token: this.server.setupLink.split("#")[1], number: "1001", agency_code: "T", agency_name: "Belltown",
    });
    this.api.token = made.token;
    this.units = [];
    for (const call_sign of ["急救-03", "A-101"]) {
      const { unit } = await this.api.must("POST", "/v1/units", { call_sign, kind: "car", jurisdiction: "1" }, key());
      await this.api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" }, key());
      this.units.push(unit.id);
    }
    const { rows } = await this.api.must("GET", "/v1/classes");
    this.class = rows[0].code;
    this.case = await this.openCase(centre.lat + 0.004, centre.lon - 0.004);
  }

  async openCase(lat, lon) {
    return (await this.api.must("POST", "/v1/cases", { class: this.class, lat, lon, address: "中山2路" }, key())).case.id;
  }

  position(unit, lat, lon) {
    return this.api.must("POST", "/v1/positions", { positions: [{ unit, lat, lon, speed_mps: 9, heading_deg: 45 }] });
  }

  async desk(options) {
    /* Small and coarse: here the processor draws. */
    const desk = await Desk.open(this.browser, this.server, { viewport: { width: 1200, height: 700 }, context: { deviceScaleFactor: 0.5 }, ...options });
    this.desks.push(desk);
    /* What the server's policy forbids is reported to the page as an error; nothing may be asked of others. */
    desk.page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(this.server.origin) && !/^(data|blob):/.test(url)) desk.complaints.push(`asked for ${url}`);
    });
    await desk.logIn(boss.login, boss.password);
    return desk;
  }

  complain() {
    const complaints = this.desks.flatMap((desk) => desk.complaints);
    assert.deepEqual(complaints, []);
  }

  async close() {
    await Promise.all(this.desks.map((desk) => desk.close().catch(() => {})));
    const complaint = this.server ? await this.server.stop() : null;
    this.server?.remove();
    if (complaint) throw new Error(`the server: ${complaint}`);
  }
}

async function during(world, options, run) {
  const own = await MapWorld.open(world, options);
  try {
    await run(own);
    own.complain();
  } catch (error) {
    for (const [i, desk] of own.desks.entries()) await world.shot(desk, `failed-map-${i}`).catch(() => {});
    throw error;
  } finally {
    await own.close();
  }
}

/* How many pixels of the map are not its most common colour, and how many colours there are. */
async function drawnPart(desk) {
  const png = await desk.$("[data-map]").screenshot();
  return desk.page.evaluate(async (bytes) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(bitmap, 0, 0);
    const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) {
      const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    return { part: 1 - most / (data.length / 4), colours: counts.size };
  }, png.toString("base64"));
}

const ready = (desk) => desk.$('[data-map][data-map-ready="yes"]').waitFor();

/* Waits until the page's own account of what is drawn fits; the map draws when it can. */
async function drawn(desk, layer, count) {
  await desk.page.waitForFunction(
    ([name, n]) => (window.bellmanMap?.shown(name) ?? []).length === n, [layer, count], { polling: 100 });
  return desk.page.evaluate((name) => window.bellmanMap.shown(name), layer);
}

async function drawsTheArea(world) {
  await during(world, {}, async (own) => {
    await own.position(own.units[0], centre.lat - 0.004, centre.lon - 0.003);
    for (const [locale, title, name] of [["en-GB", "Map", "en"], ["zh-CN", "地图", "zh-Hans"], ["zh-TW", "地圖", "zh-Hant"]]) {
      const desk = await own.desk({ locale });
      const asked = [];
      desk.page.on("response", (response) => {
        if (response.url().includes("/map/tiles/")) asked.push(response.status());
      });
      await desk.page.goto("/map");
      await ready(desk);
      await desk.page.getByRole("region", { name: title, exact: true }).first().waitFor();
      const cases = await drawn(desk, "cases", 1);
      assert.equal(cases[0].id, own.case);
      await drawn(desk, "units", 1);
      const labels = await desk.page.waitForFunction(
        () => { const all = window.bellmanMap?.shown("places") ?? []; return all.length ? all : null; }, null, { polling: 100 });
      assert.equal((await labels.jsonValue())[0].name, "钟楼镇");
      const { part, colours } = await drawnPart(desk);
      assert.ok(part > 0.03 && colours > 50, `the map is nearly empty: ${part}, ${colours} colours`);
      assert.ok(asked.includes(200), "tiles were fetched");
      await world.shot(desk, `map-${name}`);
      assert.deepEqual((await desk.axe()).violations.filter((each) => /map/.test(each)), []);
      await desk.close();
    }
  });
}

async function followsTheDesk(world) {
  await during(world, {}, async (own) => {
    const desk = await own.desk();
    await ready(desk);
    await drawn(desk, "cases", 1);
    const second = await own.openCase(centre.lat - 0.003, centre.lon + 0.003);
    await drawn(desk, "cases", 2);
    /* A click on a case shows its sheet and flies there. */
    const spot = await desk.page.evaluate((id) => window.bellmanMap.where("cases", id), second);
    await desk.page.mouse.click(spot.x, spot.y);
    await desk.page.waitForURL(`**/case/${second}`);
    await desk.page.waitForFunction(([lat, lon]) => {
      const at = window.bellmanMap?.centre();
      return at && Math.abs(at.lat - lat) < 1e-4 && Math.abs(at.lon - lon) < 1e-4;
    }, [centre.lat - 0.003, centre.lon + 0.003]);
    /* Units come with the stream, and glide. */
    await own.position(own.units[1], centre.lat - 0.0028, centre.lon + 0.0032);
    await drawn(desk, "units", 1);
    await own.position(own.units[1], centre.lat - 0.0026, centre.lon + 0.0034);
    await desk.page.waitForFunction(([id, lat]) => {
      const [unit] = (window.bellmanMap?.shown("units") ?? []).filter((each) => each.id === id);
      return unit && Math.abs(unit.lat - lat) < 2e-5;
    }, [own.units[1], centre.lat - 0.0026]);
    const unit = await desk.page.evaluate((id) => window.bellmanMap.where("units", id), own.units[1]);
    await desk.page.mouse.click(unit.x, unit.y);
    const card = desk.$(`[data-unit-card="${own.units[1]}"]`);
    await card.getByText("A-101").waitFor();
    await card.locator("[data-position-age]").waitFor();
    await world.shot(desk, "map-unit");
  });
}

async function closesARoad(world) {
  await during(world, {}, async (own) => {
    const desk = await own.desk();
    const other = await own.desk({ locale: "zh-CN" });
    await ready(desk);
    await desk.$('[data-map-tool="close"]').click();
    const canvas = await desk.$("[data-map]").boundingBox();
    for (const part of [0.6, 0.7]) await desk.page.mouse.click(canvas.x + canvas.width * 0.85, canvas.y + canvas.height * part);
    await desk.page.waitForFunction(() => document.querySelector('#close-road-form [name="points"]').value.split("\n").length === 2);
    await desk.page.getByRole("button", { name: "Close it" }).click();
    await desk.page.getByText("Give the closure a name.").waitFor();
    await desk.field("name", "#close-road-form").fill("解放桥");
    await desk.page.reload(); /* what was drawn and typed is a draft */
    await ready(desk);
    await desk.$('[data-map-tool="close"]').click();
    assert.equal(await desk.field("name", "#close-road-form").inputValue(), "解放桥");
    await desk.page.getByRole("button", { name: "Close it" }).click();
    await desk.page.getByText("Closed: 解放桥.").waitFor();
    await ready(other);
    await drawn(other, "closure-lines", 1);
    await other.$('[data-map-tool="list"]').click();
    await other.$("[data-closures]").getByText("解放桥").waitFor();
    await world.shot(other, "map-closure");
    await other.page.getByRole("button", { name: "解除封闭：解放桥" }).click();
    await drawn(other, "closure-lines", 0);
    await drawn(desk, "closure-lines", 0);
    /* The same without a mouse. */
    const line = desk.$("[data-command]");
    await line.fill(`R Ring road ${centre.lat},${centre.lon} ${centre.lat + 0.002},${centre.lon}`);
    await line.press("Enter");
    await drawn(desk, "closure-lines", 1);
    await line.fill("L ring");
    await line.press("Enter");
    await drawn(desk, "closure-lines", 0);
  });
}

const flooded = "22.5375,114.0530 22.5375,114.0575"; /* 中山2路 between its first two crossings */

/* In one direction, then slowed, longer, lifted where it stands on the map: by command line, keyboard and mouse. */
async function closesOneDirection(world) {
  await during(world, { area: true }, async (own) => {
    const desk = await own.desk();
    await ready(desk);
    const line = desk.$("[data-command]");
    const order = async (text, answer) => {
      await line.fill(text);
      await line.press("Enter");
      await desk.page.getByText(answer, { exact: false }).first().waitFor();
    };
    const edges = async () => (await own.api.must("GET", "/v1/roads/closed")).edges.map((each) => [each.there_percent, each.back_percent].sort());
    await order(`R Flood ${flooded} > 2h`, "Closed: Flood.");
    await drawn(desk, "closed-edges", 1);
    assert.deepEqual(await edges(), [[0, 100]]);
    await desk.$('[data-map-tool="list"]').click();
    const flood = desk.$("[data-closure]").filter({ hasText: "Flood" }), end = flood.locator("[data-closure-end]");
    await flood.getByText("closed, one direction only").waitFor();
    await flood.getByText("road sections: 1").waitFor();
    const before = await end.textContent(); /* it counts down */
    assert.match(before, /in 1:59:\d\d/);
    await desk.page.waitForFunction((text) => document.querySelector("[data-closure-end]").textContent !== text, before);
    assert.deepEqual((await desk.axe()).violations, []);
    await world.shot(desk, "map-one-direction");

    await order("E flood 30% =", "Changed: Flood.");
    await drawn(desk, "closed-edges", 0);
    await drawn(desk, "slowed-edges", 1);
    assert.deepEqual(await edges(), [[30, 30]]);
    await flood.getByText("slowed to 30%", { exact: true }).waitFor();

    /* The form, by keyboard alone. */
    await flood.getByRole("button", { name: "Change the closure Flood" }).press("Enter");
    const until = flood.locator('[name="until"]');
    await desk.page.waitForFunction(() => document.activeElement?.getAttribute("name") === "until");
    assert.deepEqual((await desk.axe()).violations, []);
    await until.selectOption("lifted");
    await flood.locator('[name="name"]').press("Enter");
    await end.waitFor({ state: "detached" });
    await desk.page.waitForFunction(() => document.activeElement?.closest("[data-closure]") !== null);
    await desk.$('[data-map-tool="list"]').click();

    const at = await desk.page.evaluate(() => {
      const [{ id }] = window.bellmanMap.shown("closure-lines");
      return window.bellmanMap.where("closure-lines", id);
    });
    await desk.page.mouse.click(at.x, at.y);
    await desk.$("[data-closure-card]").getByText("slowed to 30%").waitFor();
    assert.deepEqual((await desk.axe()).violations, []);
    await desk.$("[data-closure-card]").getByRole("button", { name: "Lift the closure Flood" }).click();
    await desk.page.getByText("This road closure was lifted.").waitFor();
    await drawn(desk, "closure-lines", 0);

    /* An area has no direction; what takes no road is said to. */
    await desk.$('[data-map-tool="close"]').click();
    await desk.field("form", "#close-road-form").selectOption("polygon");
    await desk.field("direction", "#close-road-form").waitFor({ state: "detached" });
    await desk.field("name", "#close-road-form").fill("Fair");
    await desk.field("speed", "#close-road-form").selectOption("50");
    await desk.field("points", "#close-road-form").fill("22.536,114.055 22.536,114.056 22.539,114.056 22.539,114.055");
    assert.deepEqual((await desk.axe()).violations, []);
    await desk.page.getByRole("button", { name: "Close it" }).click();
    await desk.page.getByText("Slowed to 50%: Fair.").waitFor();
    await drawn(desk, "slowed-edges", 1);
    await order("R Nowhere 22.6,114.2 22.6,114.3", "it closes nothing");
    await desk.$('[data-map-tool="list"]').click();
    await desk.$('[data-closure] [data-reach="none"]').getByText("takes no road").waitFor();
  });
}

/* What is reached within minutes, and the posts of a cordon: by form and by command line. */
async function asksTheGround(world) {
  await during(world, { area: true }, async (own) => {
    const desk = await own.desk();
    await ready(desk);
    const features = (layer) => desk.page.waitForFunction((name) => window.bellmanMap.shown(name).length > 0, layer);
    await desk.$('[data-map-tool="reach"]').click();
    await desk.field("from", "#reach-form").selectOption("place");
    await desk.field("minutes", "#reach-form").fill("1, 2");
    const answered = async () => (await desk.page.waitForResponse(/roads\/isochrone/)).json();
    const first = answered();
    await desk.page.getByRole("button", { name: "Show", exact: true }).click();
    await desk.page.getByText("What is reached is drawn").first().waitFor();
    await desk.$("[data-reach-legend]").getByText("within 2 min").waitFor();
    await features("reach");
    assert.deepEqual((await desk.axe()).violations, []);
    await world.shot(desk, "map-reach");
    /* Roads close: what is reached is asked for and drawn anew by itself. */
    const anew = answered();
    const bar = desk.$("[data-command]");
    await bar.fill(`R Fire ${flooded}`);
    await bar.press("Enter");
    assert.notDeepEqual((await anew).lines, (await first).lines);
    await world.shot(desk, "map-reach-closed");
    assert.equal(await desk.field("from", "#reach-form").inputValue(), "place", "the form goes on saying what was asked");
    await desk.field("minutes", "#reach-form").fill("8,4");
    await desk.page.getByRole("button", { name: "Show", exact: true }).click();
    await desk.page.getByText("ascending", { exact: false }).first().waitFor();
    await desk.page.getByRole("button", { name: "Clear", exact: true }).click();
    await drawn(desk, "reach", 0);

    await desk.$('[data-map-tool="cordon"]').click();
    await desk.field("radius_m", "#cordon-form").fill("300");
    await desk.page.getByRole("button", { name: "Find posts" }).click();
    await desk.$("[data-cordon-posts] li").first().waitFor();
    await features("cordon-posts");
    assert.deepEqual((await desk.axe()).violations, []);
    await world.shot(desk, "map-cordon");
    /* By minutes, and by corners: typed here, with the map's centre as one of them. */
    await desk.field("form", "#cordon-form").selectOption("minutes");
    await desk.field("minutes", "#cordon-form").fill("0");
    /* What is chosen and typed before the answer has come stays when it comes. */
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await desk.page.route(/roads\/cordon/, async (route) => { await held; await route.continue(); });
    const byMinutes = desk.page.waitForResponse(/roads\/cordon/);
    await desk.page.getByRole("button", { name: "Find posts" }).click();
    await desk.field("form", "#cordon-form").selectOption("polygon");
    await desk.field("points", "#cordon-form").fill("22.539, 114.059");
    release();
    await byMinutes;
    await desk.page.unroute(/roads\/cordon/);
    await desk.$('#cordon-form button[aria-disabled="false"]').waitFor();
    assert.equal(await desk.field("points", "#cordon-form").inputValue(), "22.539, 114.059");
    await desk.page.getByRole("button", { name: "Find posts" }).click();
    await desk.$("#cordon-form [aria-invalid]").waitFor();
    await desk.field("points", "#cordon-form").fill("22.5412, 114.0561\n22.5428, 114.0561\n22.5428, 114.0579\n22.5412, 114.0579");
    await drawn(desk, "drawn-areas", 1);
    await desk.page.getByRole("button", { name: "Find posts" }).click();
    await desk.page.waitForFunction(() => document.querySelectorAll("[data-cordon-posts] li").length > 1);
    assert.deepEqual((await desk.axe()).violations, []);
    await world.shot(desk, "map-cordon-polygon");
    const line = desk.$("[data-command]");
    await line.fill("K 22.5412,114.0561 22.5428,114.0579 22.5428,114.0561 22.5412,114.0579");
    await line.press("Enter");
    await desk.page.getByText("crosses or touches itself", { exact: false }).first().waitFor();
    await line.fill("I 2,1,x");
    await line.press("Enter");
    await desk.page.getByText("what all free units", { exact: false }).first().waitFor();
    await line.fill("I 4,8 ambulance");
    await line.press("Enter");
    await desk.page.getByText("Nobody is free who goes by road", { exact: false }).first().waitFor();
  });
}

/* The way of a unit to the shown incident, in words: by the command line, by its card, in three languages. */
async function tellsTheTurns(world) {
  await during(world, { area: true }, async (own) => {
    await own.position(own.units[1], 22.5332, 114.0530);
    const desk = await own.desk();
    await desk.page.goto(`/case/${own.case}`);
    await ready(desk);
    const order = async (text, answer) => {
      const line = desk.$("[data-command]");
      await line.fill(text);
      await line.press("Enter");
      await desk.page.getByText(answer, { exact: false }).first().waitFor();
    };
    await desk.$('[data-map-tool="turns"]').click();
    await desk.$("[data-no-turns]").waitFor();
    await desk.$('[data-map-tool="turns"]').click();
    await order("W", "turn by turn");
    await order("W 急救-03", "is not known");
    await order("W A-101", "is shown");
    const list = desk.$(`[data-turns="${own.units[1]}"]`);
    await list.waitFor();
    const turns = await list.locator("li").evaluateAll((rows) => rows.map((row) => row.dataset.turn));
    assert.equal(turns[0], "depart");
    assert.equal(turns.at(-1), "arrive");
    assert.ok(turns.length > 2, turns.join());
    assert.match(await list.locator("li").first().textContent(), /^Set off: (中山|解放)\d(路|街) \d+ m, /);
    await drawn(desk, "ways", 1);
    assert.deepEqual((await desk.axe()).violations, []);
    await world.shot(desk, "map-turns");
    await desk.page.getByRole("button", { name: "简体中文" }).click();
    await list.getByText("出发：", { exact: false }).waitFor();
    await desk.page.getByRole("button", { name: "繁體中文" }).click();
    await list.getByText("出發：", { exact: false }).waitFor();
    /* Put away, the way goes too. */
    await desk.$('[data-map-tool="turns"]').click();
    await drawn(desk, "ways", 0);
  });
}

async function picksAPlace(world) {
  await during(world, {}, async (own) => {
    const desk = await own.desk();
    await desk.page.goto("/open");
    await ready(desk);
    await desk.$("[data-pick]").click();
    await desk.$("[data-map-picking]").waitFor();
    const canvas = await desk.$("[data-map]").boundingBox();
    await desk.page.mouse.click(canvas.x + canvas.width * 0.5, canvas.y + canvas.height * 0.5);
    await desk.$("[data-map-picking]").waitFor({ state: "detached" });
    const [lat, lon] = (await desk.field("position", "#open-form").inputValue()).split(",").map(Number);
    assert.ok(Math.abs(lat - centre.lat) < 0.002 && Math.abs(lon - centre.lon) < 0.002, `${lat}, ${lon}`);
    /* The map's own window answers the desk's window, and shows on it what is clicked there. */
    const [window_] = await Promise.all([desk.context.waitForEvent("page"), desk.$(".map-window").click()]);
    await window_.locator('[data-map][data-map-ready="yes"]').waitFor();
    await desk.$("[data-pick]").click();
    await window_.locator("[data-map-picking]").waitFor();
    await window_.getByRole("button", { name: "Take the centre of the map" }).click();
    await desk.$("[data-map-picking]").waitFor({ state: "detached" });
    const spot = await (await window_.waitForFunction((id) => window.bellmanMap?.where("cases", id) ?? null, own.case)).jsonValue();
    await window_.mouse.click(spot.x, spot.y);
    await desk.page.waitForURL(`**/case/${own.case}`);
    assert.ok(window_.url().endsWith("/map"), "the map stays where it is");
  });
}

/* The address index that `bellman area` makes: by initials, as a crossing, as a house, and out of the caller's mouth. */
async function findsAPlace(world) {
  await during(world, { area: true, drawing: false }, async (own) => {
    const desk = await own.desk({ locale: "zh-CN" });
    await desk.page.goto("/open");
    await desk.live();
    const address = desk.field("address", "#open-form"), at = desk.field("position", "#open-form");
    const choices = desk.$('#open-form [role="option"]');
    await address.fill("rmgy");
    await choices.filter({ hasText: "人民公园" }).getByText("公园", { exact: true }).waitFor();
    await world.shot(desk, "place-search");
    await desk.page.keyboard.press("ArrowDown");
    await desk.page.keyboard.press("Enter");
    assert.equal(await address.inputValue(), "人民公园");
    await desk.$('[data-verified="true"]').waitFor();
    assert.match(await at.inputValue(), /^22\.54\d+, 114\.05\d+$/);
    await address.fill("中山2路与解放3街路口");
    await desk.$('[data-verified="false"]').waitFor();
    await choices.filter({ hasText: /中山2路.*路口|解放3街.*路口/ }).first().click();
    await desk.$('[data-verified="true"]').waitFor();
    assert.match(await at.inputValue(), /^22\.5375\d*, 114\.0620\d*$/);
    await address.fill("没有这样的地方");
    await desk.page.getByText("地址库中没有此地点。").waitFor();
    assert.equal(await choices.count(), 0);
    /* What was said with the call is offered, and one press takes it. */
    const { contact } = await own.api.must("POST", "/v1/contacts", {
      channel: "call", text: "我在中山1路8号，有人晕倒了。", lat: 22.5355, lon: 114.056, uncertainty_m: 60,
    }, key());
    await own.api.must("POST", `/v1/contacts/${contact.id}/answer`, undefined, key());
    await desk.page.goto(`/open?contact=${contact.id}`);
    const heard = desk.$('[data-heard="中山1路8号"] button');
    await heard.getByText("中山1路8号").waitFor();
    assert.deepEqual((await desk.axe()).violations, []);
    await heard.focus();
    await desk.page.keyboard.press("Enter");
    /* Its button is gone: the keyboard goes on at the class, and from a proposed class to sending. */
    await desk.page.waitForFunction(() => document.activeElement?.getAttribute("name") === "class");
    assert.equal(await address.inputValue(), "中山1路8号");
    await desk.$('[data-verified="true"]').waitFor();
    await desk.$("[data-heard]").waitFor({ state: "detached" });
    /* The same in English, where there is an English name. */
    const english = await own.desk({ locale: "en-GB" });
    await english.page.goto("/open");
    await english.live();
    await english.field("address", "#open-form").fill("people");
    await english.$('#open-form [role="option"]').filter({ hasText: "People's Park" }).getByText("park", { exact: true }).waitFor();
  });
}

async function serverAway(world) {
  await during(world, {}, async (own) => {
    const desk = await own.desk();
    await ready(desk);
    await drawn(desk, "cases", 1);
    const before = await drawnPart(desk);
    await own.server.kill();
    await desk.$('[data-link="lost"]').waitFor();
    const after = await drawnPart(desk);
    assert.ok(after.part > before.part * 0.8, `the picture is gone: ${before.part} -> ${after.part}`);
    await own.server.start();
    await desk.live();
    await own.openCase(centre.lat, centre.lon);
    await drawn(desk, "cases", 2);
  });
}

async function withoutTiles(world) {
  await during(world, { tiles: false }, async (own) => {
    const said = { "en-GB": "No base map", "zh-CN": "没有底图", "zh-TW": "沒有底圖" };
    for (const [locale, text] of Object.entries(said)) {
      const desk = await own.desk({ locale });
      await ready(desk);
      await desk.$('[data-map-note="not_given"]').getByText(text).waitFor();
      await drawn(desk, "cases", 1);
      await world.shot(desk, `map-no-tiles-${locale}`);
      await desk.close();
    }
  });
}

async function withoutWebGl(world) {
  await during(world, { drawing: false }, async (own) => {
    const said = { "en-GB": "There is no map", "zh-CN": "无法显示地图", "zh-TW": "無法顯示地圖" };
    for (const [locale, text] of Object.entries(said)) {
      const desk = await own.desk({ locale });
      await desk.$("[data-no-webgl]").getByText(text).waitFor();
      const loaded = await desk.page.evaluate(() => performance.getEntriesByType("resource").map((each) => each.name));
      assert.ok(!loaded.some((name) => /\/map-|map_worker/.test(name)), "what cannot be used is not loaded");
      await desk.page.goto(`/case/${own.case}`);
      await desk.$(`[data-sheet="${own.case}"]`).waitFor();
      await world.shot(desk, `map-no-webgl-${locale}`);
      await desk.close();
    }
  });
}

const reason = missingTools();
if (reason) console.log(`skipped: the map's tests that need tiles: ${reason}`);
const all = [
  { name: "the map draws the area in three languages", run: drawsTheArea, tiles: true },
  { name: "borders of areas are drawn when they are switched on", run: bordersAreDrawn },
  { name: "the map follows the desk", run: followsTheDesk, tiles: true },
  { name: "a road is closed on the map and lifted", run: closesARoad, tiles: true },
  { name: "a road is closed in one direction, slowed, changed, and lifted where it stands", run: closesOneDirection, tiles: true },
  { name: "what is reached is drawn, and a cordon planned", run: asksTheGround, tiles: true },
  { name: "the way there is told turn by turn", run: tellsTheTurns, tiles: true },
  { name: "a form takes its place from the map", run: picksAPlace, tiles: true },
  { name: "a place is found by initials, as a crossing, as a house, and in what the caller says", run: findsAPlace, tiles: true },
  { name: "the map keeps its picture while the server is away", run: serverAway, tiles: true },
  { name: "without tiles the map says so and shows the desk's own", run: withoutTiles },
  { name: "without WebGL 2 the page says why there is no map", run: withoutWebGl },
];
/* An area with a border, switched on and off, renamed meanwhile, in another language. */
async function bordersAreDrawn(world) {
  await during(world, { tiles: false }, async (own) => {
    const { lat, lon } = centre;
    const ring = (half) => [[[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half], [lon - half, lat - half]]];
    const features = [["J-1", "Belltown North", "jurisdiction", 0.006], ["Z-1", "Market", "zone", 0.003]].map(([code, name, kind, half]) =>
      ({ type: "Feature", properties: { code, name, kind, agency: "T" }, geometry: { type: "Polygon", coordinates: ring(half) } }));
    const send = (path, headers) => fetch(`${own.server.origin}${path}`, {
      method: "POST", headers: { Authorization: `Bearer ${own.api.token}`, "Content-Type": "application/geo+json", ...headers },
      body: JSON.stringify({ type: "FeatureCollection", features }),
    });
    const { digest } = await (await send("/v1/imports/areas", {})).json();
    assert.equal((await send(`/v1/imports/areas/apply?digest=${digest}`, key())).status, 200);
    const desk = await own.desk();
    await desk.$("[data-map-ready]").waitFor();
    const shown = (layer, names) => desk.page.waitForFunction(
      ([of, wanted]) => (window.bellmanMap?.shown(of) ?? []).map((each) => each.name).sort().join() === wanted, [layer, names.join()], { polling: 100 });
    await shown("border-lines", []);
    const button = desk.$('[data-map-tool="borders"]');
    assert.equal(await button.innerText(), "Borders");
    await button.click();
    await shown("border-lines", ["Belltown North"]);
    await shown("border-parts", ["Market"]);
    await world.shot(desk, "map-borders");
    assert.deepEqual((await desk.axe()).violations, []);
    const { rows } = await own.api.must("GET", "/v1/areas");
    const zone = rows.find((each) => each.code === "Z-1");
    await own.api.must("PUT", `/v1/areas/${zone.id}`, { kind: "zone", code: "Z-1", name: "Old market", jurisdiction: zone.jurisdiction }, { ...key(), "If-Match": `"${zone.version}"` });
    await shown("border-parts", ["Old market"]); /* by the stream */
    for (const [name, word] of [["简体中文", "边界"], ["繁體中文", "邊界"]]) {
      await desk.page.getByRole("button", { name }).click();
      await button.getByText(word).waitFor();
      await shown("border-lines", ["Belltown North"]); /* still on, in a map made anew */
    }
    await button.click();
    await shown("border-lines", []);
    assert.equal(await button.getAttribute("aria-pressed"), "false");
  });
}

export const tests = all.filter((each) => !each.tiles || !reason);
