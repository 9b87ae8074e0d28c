/* Debian's chromium through playwright-core, and the page as an operator sees it. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../..");
const web = join(root, "web/package.json");
/* The shell is Chromium without windows: the same page for a third of the work, which a window's own pages take. */
const shells = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const CHROMIUM = process.env.CHROMIUM ?? shells.find(existsSync);
export const WAIT_MS = 60_000; /* how long anything may take on a busy machine before it counts as hanging */

/* Why the browser cannot be driven here; null when it can. */
export function missing() {
  if (!CHROMIUM || !existsSync(CHROMIUM)) return `${CHROMIUM ?? shells[0]} is not there (apt install chromium-headless-shell)`;
  if (!existsSync(join(root, "web/node_modules/playwright-core"))) return "web/node_modules is not there (npm ci)";
  if (!existsSync(join(root, "web/node_modules/axe-core"))) return "web/node_modules lacks axe-core (npm ci)";
  return null;
}

/* `drawing`: with WebGL 2, drawn by the processor; else there is none, as on a machine whose driver is not trusted. */
export async function launch({ drawing = false } = {}) {
  const { chromium } = createRequire(web)("playwright-core");
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: false, /* which of its modes is asked for below; the shell knows only one, by either name */
    args: [
      "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
      ...(drawing ? ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] : ["--disable-3d-apis"]),
    ],
  });
}

/* Asks again until it is so: for what the page tells in no element that could be waited for. */
export async function until(look, what) {
  for (const begin = Date.now(); Date.now() - begin < WAIT_MS;) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${what}`);
}

export const axePath = () => createRequire(web).resolve("axe-core/axe.min.js");

/* A browser of its own (cookies, storage, language) with one page, and what the page complained about. */
export class Desk {
  static async open(browser, server, options = {}) {
    const context = await browser.newContext({
      locale: options.locale ?? "en-GB",
      reducedMotion: "reduce", /* what flashes is painted sixty times a second, here by the processor */
      viewport: options.viewport ?? { width: 1440, height: 900 },
      baseURL: server.origin,
      bypassCSP: false,
      ...options.context, /* whatever else a browser can be: a phone, off line, in another zone */
    });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    const desk = new Desk();
    Object.assign(desk, { context, page, server, complaints: [], mayFail: options.mayFail ?? false });
    page.on("pageerror", (error) => desk.complaints.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      /* Chromium reports every answer of 400 and above; refusals are part of the tests. */
      if (/Failed to load resource|net::ERR_/.test(message.text())) return;
      desk.complaints.push(`console: ${message.text()}`);
    });
    return desk;
  }

  async close() {
    await this.page.unrouteAll({ behavior: "ignoreErrors" }); /* what is still held is nobody's any more */
    await this.context.close();
  }

  $(selector) {
    return this.page.locator(selector);
  }

  field(name, within = "form.form") {
    return this.page.locator(`${within} [name="${name}"]`);
  }

  async logIn(login, password) {
    await this.page.goto("/");
    await this.field("login").fill(login);
    await this.field("password").fill(password);
    await this.page.keyboard.press("Enter");
    await this.live();
  }

  /* Holds back the page's requests for `path` until they are let go by `free`; `answered`: they reach the desk at once, and
   * their answers are held; `answer`: they get this one and never reach it.  `seen` comes when there is the first. */
  async hold(path, { answered = false, answer } = {}) {
    let free, asked;
    const gate = new Promise((resolve) => (free = resolve)), seen = new Promise((resolve) => (asked = resolve));
    await this.page.route(path, async (route) => {
      const response = answered ? await route.fetch() : undefined;
      asked();
      await gate;
      await (answer ? route.fulfill(answer) : response ? route.fulfill({ response }) : route.continue());
    });
    return { free, seen };
  }

  /* A form that was sent is empty again: what is typed before would go with what was sent. */
  sent(form) {
    return this.$(`${form} .draft-mark`).waitFor({ state: "detached" });
  }

  live() {
    return this.$('[data-link="live"]').waitFor();
  }

  async openCase(fields) {
    await this.page.goto("/open");
    await this.field("class", "#open-form").fill(fields.class);
    for (const [name, value] of Object.entries(fields)) {
      if (name !== "class") await this.field(name, "#open-form").fill(value);
    }
    await this.$('#open-form button[type="submit"]').click();
    await this.page.waitForURL(/\/case\/\d+$/);
    return /\/case\/(\d+)$/.exec(this.page.url())[1];
  }

  async show(id) {
    if (!(await this.$(`[data-case="${id}"] [data-case-link]`).count())) await this.page.goto(`/case/${id}`);
    else await this.$(`[data-case="${id}"] [data-case-link]`).click();
    await this.$(`[data-sheet="${id}"]`).waitFor();
  }

  async send(units) {
    await this.field("units", "#assign-form").fill(units);
    await this.$('#assign-form button[type="submit"]').click();
  }

  row(id) {
    return this.$(`tr[data-case="${id}"]`);
  }

  caseState(id, state) {
    return this.$(`tr[data-case="${id}"][data-state="${state}"]`).waitFor();
  }

  /* Violations of WCAG A and AA, as axe finds them. */
  async axe() {
    await this.page.evaluate(() => window.scrollTo(0, 0));
    if (!(await this.page.evaluate(() => "axe" in window))) {
      /* Through the debugger's own world: the page's CSP stays as it is. */
      const { readFileSync } = await import("node:fs");
      await this.page.evaluate(readFileSync(axePath(), "utf8"));
    }
    const result = await this.page.evaluate(() =>
      window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations", "incomplete"], selectors: false }));
    return {
      passes: result.passes.length,
      violations: result.violations.map((each) =>
        `${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`),
      unsure: result.incomplete.map((each) => `${each.id}: ${each.nodes.length}`),
    };
  }
}
