/* node screenshots.mjs BELLMAN [OUT]
 *
 * Makes OUT/screenshot-{zh-Hans,zh-Hant,en}.png (OUT: docs) of a busy board: a real server, a day's matters put
 * in through the API, one browser per language. */
import { join } from "node:path";
import { statSync } from "node:fs";
import { Desk, launch, missing, root } from "./browser.mjs";
import { Client, Server } from "./server.mjs";

const BYTES_MAX = 300 * 1024;
const password = "a bell in the night";

const cities = {
  "zh-Hans": {
    locale: "zh-CN", agency: "滨海区指挥中心", line: "110",
    addresses: ["滨海大道 18 号", "中山路与建设路口", "望海小区 5 栋 1203", "渔人码头 3 号泊位", "东门菜市场北门", "人民公园湖心亭", "青石巷 44 号", "地铁 2 号线会展站 C 口", "学府路 9 号"],
    text: "三楼厨房冒烟，有老人在屋内。", note: "已通知物业关闭燃气总阀。", caller: "住户，电话保持畅通",
  },
  "zh-Hant": {
    locale: "zh-TW", agency: "濱海區指揮中心", line: "110",
    addresses: ["濱海大道 18 號", "中山路與建設路口", "望海社區 5 棟 12 樓", "漁人碼頭 3 號船席", "東門市場北側", "人民公園湖心亭", "青石巷 44 號", "捷運會展站 3 號出口", "學府路 9 號"],
    text: "三樓廚房冒煙，屋內有長者。", note: "已請管委會關閉瓦斯總開關。", caller: "住戶，電話保持暢通",
  },
  en: {
    locale: "en-GB", agency: "Harbour District Desk", line: "112",
    addresses: ["18 Seaward Avenue", "Market Street / Mill Lane", "Quayside Flats, block 5", "Fishermen's Wharf, berth 3", "East Gate market hall", "Lake pavilion, City Park", "44 Cobble Row", "Exhibition station, exit C", "9 College Road"],
    text: "Smoke from a third-floor kitchen, an elderly man inside.", note: "Caretaker asked to shut the gas main.", caller: "Neighbour, stays on the line",
  },
};
const units = [
  ["A-101", "car"], ["A-102", "car"], ["A-103", "motorcycle"], ["F-201", "fire_engine"], ["F-202", "ladder"],
  ["M-301", "ambulance"], ["M-302", "ambulance"], ["W-401", "boat"], ["D-501", "drone_crew"], ["V-601", "volunteer_team"],
];
/* class, units with the status they have reached */
const matters = [
  ["fire", { "F-201": "on_scene", "F-202": "en_route", "M-301": "acknowledged" }],
  ["traffic", { "A-101": "on_scene" }],
  ["medical", { "M-302": "transporting" }],
  ["drowning", { "W-401": "en_route", "D-501": "assigned" }],
  ["theft", { "A-103": "en_route" }],
  ["missing", {}],
  ["dispute", {}],
  ["utility", {}],
  ["help", {}],
];

async function fill(server, city) {
  const api = new Client(server);
  const token = server.setupLink.split("#")[1];
  const setup = { token, login: "chief", password, number: "1001", agency_code: "HD", agency_name: city.agency };
  api.token = (await api.must("POST", "/v1/setup", setup)).token;
  const ids = {};
  for (const [callSign, kind] of units) {
    const { unit } = await api.must("POST", "/v1/units", { call_sign: callSign, kind, jurisdiction: "1" });
    ids[callSign] = unit.id;
    if (callSign !== "V-601") await api.must("PATCH", `/v1/units/${unit.id}`, { duty: "on_duty" });
  }
  for (const [i, [code, sent]] of matters.entries()) {
    const body = { class: code, address: city.addresses[i], address_verified: i % 3 !== 1 };
    if (i === 0) Object.assign(body, { description: city.text, caller_name: city.caller, caller_number: "555 0100" });
    const opened = (await api.must("POST", "/v1/cases", body)).case;
    const names = Object.keys(sent);
    if (!names.length) continue;
    await api.must("POST", `/v1/cases/${opened.id}/assignments`, { units: names.map((name) => ids[name]) },
      { "If-Match": `"${opened.version}"` });
    const { assignments } = await api.must("GET", `/v1/cases/${opened.id}`);
    for (const each of assignments) {
      const name = names.find((one) => ids[one] === each.unit);
      if (sent[name] === "assigned") continue;
      await api.must("POST", `/v1/assignments/${each.id}/status`, { from: "assigned", to: sent[name] });
    }
  }
  await api.must("POST", "/v1/cases/1/entries", { text: city.note });
  await api.must("POST", "/v1/contacts", { channel: "call", line: `${city.line}-2` });
  await api.must("POST", "/v1/contacts", { channel: "text", text: "…" });
}

async function shoot(program, browser, lang, out) {
  const server = new Server(program);
  try {
    await server.start();
    await fill(server, cities[lang]);
    const desk = await Desk.open(browser, server, { locale: cities[lang].locale, viewport: { width: 1440, height: 900 } });
    await desk.logIn("chief", password);
    await new Promise((resolve) => setTimeout(resolve, 18_000)); /* the ringing call falls due */
    await desk.show("1");
    await desk.$("[data-timeline] li").first().waitFor();
    await desk.page.mouse.move(0, 0);
    const path = join(out, `screenshot-${lang}.png`);
    await desk.page.screenshot({ path });
    const { size } = statSync(path);
    console.log(`${path} ${size} bytes`);
    if (size > BYTES_MAX) throw new Error(`${path} has more than ${BYTES_MAX} bytes`);
    await desk.close();
  } finally {
    await server.stop();
    server.remove();
  }
}

const [program, out = join(root, "docs")] = process.argv.slice(2);
const reason = program ? missing() : "no program given: node screenshots.mjs BELLMAN [OUT]";
if (reason) {
  console.log(`nothing made: ${reason}`);
  process.exit(1);
}
const browser = await launch();
try {
  for (const lang of Object.keys(cities)) await shoot(program, browser, lang, out);
} finally {
  await browser.close();
}
