/* node screenshots.mjs BELLMAN [OUT]
 *
 * Makes OUT/screenshot-{zh-Hans,zh-Hant,en}.png (OUT: docs) of the living demo: a dispatcher's desk with a case that
 * the demo's own crews are driving to. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "./server.mjs";
import { Desk, launch, missing, root } from "./browser.mjs";

const BYTES_MAX = 600 * 1024;
const START_MS = 120_000;
const LIFE_MS = 45_000; /* until the city is at work */
const locales = { "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", en: "en-GB" };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* The demo with its city, until it says where it is. */
function startDemo(program, folder) {
  const child = spawn(program, ["demo", "--data", folder, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`the demo did not start:\n${text}`)), START_MS);
    const read = (chunk) => {
      text += chunk;
      const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
      if (!origin || !/press D/.test(text)) return;
      clearTimeout(timer);
      resolve({ child, origin });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`the demo ended (${code}):\n${text}`)));
  });
}

/* The case with most units under way. */
async function liveliest(api) {
  const { rows } = await api.must("GET", "/v1/assignments?open=1&limit=1000");
  const weights = new Map();
  for (const each of rows) {
    const weight = each.state === "en_route" ? 3 : 1;
    weights.set(each.case, (weights.get(each.case) ?? 0) + weight);
  }
  return [...weights].sort((a, b) => b[1] - a[1])[0]?.[0];
}

async function shoot(browser, server, account, lang, out) {
  const desk = await Desk.open(browser, server, { locale: locales[lang], viewport: { width: 1440, height: 900 } });
  await desk.logIn(account.login, account.password);
  const api = await new Client(server).logIn(account.login, account.password);
  const id = await liveliest(api);
  if (!id) throw new Error("nothing is going on in the demo");
  await desk.show(id);
  await desk.$("[data-timeline] li").first().waitFor();
  await desk.page.mouse.move(0, 0);
  await pause(6000); /* the map flies there and its tiles come */
  const path = join(out, `screenshot-${lang}.png`);
  await desk.page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${path} ${size} bytes`);
  if (size > BYTES_MAX) throw new Error(`${path} has more than ${BYTES_MAX} bytes`);
  await desk.close();
}

async function main(program, out) {
  const folder = mkdtempSync(join(tmpdir(), "bellman-screenshots-"));
  const server = await startDemo(program, folder);
  const browser = await launch({ drawing: true });
  try {
    await pause(LIFE_MS);
    const { accounts } = await new Client(server).must("GET", "/v1/demo");
    const account = accounts.find((each) => each.role === "dispatcher");
    for (const lang of Object.keys(locales)) await shoot(browser, server, account, lang, out);
  } finally {
    await browser.close();
    server.child.removeAllListeners("exit");
    server.child.kill("SIGINT");
    await new Promise((resolve) => server.child.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

const [program, out = join(root, "docs")] = process.argv.slice(2);
const reason = program ? missing() : "no program given: node screenshots.mjs BELLMAN [OUT]";
if (reason) {
  console.log(`nothing made: ${reason}`);
  process.exitCode = 1;
} else {
  await main(program, out);
}
