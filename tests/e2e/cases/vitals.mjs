/* What the desk says of itself stands on every console, in its language, and goes away by itself: a clock that jumped, an outbox that
 * cannot be opened, confirmations that take too long.  An administrator confirms the clock there, and sees the whole under Administration. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { Desk } from "../browser.mjs";
import { Client, Server } from "../server.mjs";

const boss = { login: "boss", password: "a bell in the night" };
const taker = { login: "taker", password: "another bell in the night" };
const words = {
  "en-GB": { time_held: /clock jumped/, outbox_broken: /Nobody outside is told/ },
  "zh-CN": { time_held: /时钟发生跳变/, outbox_broken: /外部无人收到通知/ },
  "zh-TW": { time_held: /時鐘發生跳變/, outbox_broken: /外部無人收到通知/ },
};
const once = () => ({ "Idempotency-Key": randomUUID() });

function knobs(server) {
  const built = join(dirname(server.program), "../../tests/crash");
  const files = { shift: join(server.folder, "shift"), slow: join(server.folder, "slow") };
  for (const file of Object.values(files)) writeFileSync(file, "0");
  server.env = {
    LD_PRELOAD: `${join(built, "libshift_clock.so")} ${join(built, "libslow_disk.so")}`, SHIFT_CLOCK_FILE: files.shift, SLOW_DISK_FILE: files.slow,
    BELLMAN_ACK_WINDOW_S: "6", ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0",
  };
  return files;
}

async function furnish(server) {
  const client = new Client(server), token = new URL(server.setupLink).hash.slice(1);
  client.token = (await client.must("POST", "/v1/setup", { token, ...boss, number: "1", agency_code: "X", agency_name: "X" })).token;
  const { operator } = await client.must("POST", "/v1/operators", { number: "2", name: "Lin", roles: ["call_taker"], jurisdiction: "1" }, once());
  await client.must("POST", `/v1/operators/${operator.id}/account`, taker, once());
  return client;
}

const warning = (desk, kind) => desk.$(`[data-warning="${kind}"]`);

async function saidInAllLanguages(world, server, kinds) {
  for (const [locale, said] of Object.entries(words)) {
    const desk = await Desk.open(world.browser, server, { locale });
    await desk.logIn(taker.login, taker.password);
    for (const kind of kinds) assert.match(await warning(desk, kind).innerText(), said[kind], locale);
    assert.deepEqual((await desk.axe()).violations, [], locale);
    await world.shot(desk, `vitals-${locale}`);
    await desk.close();
  }
}

async function everyConsoleIsTold(world) {
  const server = new Server(world.server.program);
  const files = knobs(server);
  try {
    await server.start();
    const client = await furnish(server);
    await server.stop();
    writeFileSync(join(server.data, "outbox.db"), "no database at all, however long one looks at it".repeat(40));
    await server.start();
    const admin = await Desk.open(world.browser, server);
    await admin.logIn(boss.login, boss.password);
    await warning(admin, "outbox_broken").waitFor();
    assert.equal(await warning(admin, "time_held").count(), 0);
    writeFileSync(files.shift, String(-3_600_000)); /* somebody sets the machine's clock back */
    await warning(admin, "time_held").waitFor();
    await saidInAllLanguages(world, server, ["time_held", "outbox_broken"]);
    const other = await Desk.open(world.browser, server);
    await other.logIn(taker.login, taker.password);
    await warning(other, "time_held").waitFor();
    assert.equal(await warning(other, "time_held").getByRole("button").count(), 0); /* only an administrator confirms */
    await warning(admin, "time_held").getByRole("button").click();
    await warning(admin, "time_held").waitFor({ state: "detached" });
    await warning(other, "time_held").waitFor({ state: "detached" });
    await admin.page.goto("/admin");
    await admin.$('[data-vitals] [data-outbox="broken"]').waitFor();
    assert.match(await admin.$('[data-vitals] [data-outbox="broken"]').innerText(), /outbox\.db/);
    await admin.$("[data-vitals]").screenshot({ path: join(world.shots, "vitals-admin.png") });
    if (readFileSync(server.program).includes("BELLMAN_ACK_WINDOW_S")) await slowIsTold(client, other, files);
    await admin.close();
    await other.close();
  } finally {
    await server.stop();
    server.remove();
  }
}

/* A slow disk under load: told, and over, on a console that does nothing but listen. */
async function slowIsTold(client, desk, files) {
  let going = true;
  const load = async () => {
    while (going) await client.must("POST", "/v1/contacts", { channel: "text", text: "x" }, once());
  };
  writeFileSync(files.slow, "400");
  const loads = [load(), load()];
  try {
    await warning(desk, "ack_slow").waitFor();
    assert.match(await warning(desk, "ack_slow").innerText(), /confirms slowly \(over 250 ms/);
    going = false;
    await warning(desk, "ack_slow").waitFor({ state: "detached" });
  } finally {
    going = false;
    writeFileSync(files.slow, "0");
    await Promise.all(loads);
  }
}

export const tests = [{ name: "vitals: every console says what the desk says of itself", run: everyConsoleIsTold }];
