/* What the desk says of itself stands on every console, in its language, and goes away by itself: a clock that jumped, also while the desk
 * was away, a timer that is set aside, an outbox that cannot be opened, confirmations that take too long.  An administrator confirms the clock there, and sees the whole under Administration. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { Desk } from "../browser.mjs";
import { Client, Server } from "../server.mjs";

const boss = { login: "boss", password: "a bell in the night" };
const taker = { login: "taker", password: "another bell in the night" };
const words = {
  "en-GB": { time_held: /time is in doubt.*clock jumped: it said/, outbox_broken: /Nobody outside is told/ },
  "zh-CN": { time_held: /时间存疑.*时钟发生跳变：显示/, outbox_broken: /外部无人收到通知/ },
  "zh-TW": { time_held: /時間存疑.*時鐘發生跳變：顯示/, outbox_broken: /外部無人收到通知/ },
};
const laterWords = {
  "en-GB": { time_held: /When the desk was started it said .*2027.*record ends at .*2026/, timers_aside: /Timers set aside \(1\).*Answer of contact 1/ },
  "zh-CN": { time_held: /值班台启动时时钟显示 2027.*记录止于 2026/, timers_aside: /1 个定时任务.*接听（来件 1）/ },
  "zh-TW": { time_held: /值班台啟動時時鐘顯示 2027.*記錄止於 2026/, timers_aside: /1 個定時工作.*接聽（來件 1）/ },
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

async function saidInAllLanguages(world, server, kinds, all = words) {
  for (const [locale, said] of Object.entries(all)) {
    const desk = await Desk.open(world.browser, server, { locale });
    await desk.logIn(taker.login, taker.password);
    for (const kind of kinds) assert.match(await warning(desk, kind).innerText(), said[kind], locale);
    assert.deepEqual((await desk.axe()).violations, [], locale);
    await world.shot(desk, `vitals-${kinds[0]}-${locale}`);
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

const HALF_A_YEAR_MS = 183 * 24 * 3_600_000;

/* The desk is started again by a clock half a year ahead: said with both times, and confirmed by an administrator. */
async function aClockThatIsMonthsAhead(world) {
  const server = new Server(world.server.program);
  const files = knobs(server);
  try {
    writeFileSync(files.shift, String(Date.UTC(2026, 8, 1) - Date.now()));
    await server.start();
    await furnish(server);
    await server.stop();
    writeFileSync(files.shift, String(Date.UTC(2026, 8, 1) - Date.now() + HALF_A_YEAR_MS));
    server.env.BELLMAN_BOOT_ID = "the machine was off";
    await server.start();
    await saidInAllLanguages(world, server, ["time_held"], laterWords);
    const admin = await Desk.open(world.browser, server);
    await admin.logIn(boss.login, boss.password);
    await warning(admin, "time_held").getByRole("button").click();
    await warning(admin, "time_held").waitFor({ state: "detached" });
    await admin.close();
  } finally {
    await server.stop();
    server.remove();
  }
}

/* Twice a timer kills the desk: it is named on every console, and an administrator has it tried again. */
async function aTimerThatIsSetAside(world) {
  const server = new Server(world.server.program);
  if (!readFileSync(server.program).includes("BELLMAN_DIES_AT")) {
    console.log("skipped: a build without named steps cannot be told to die");
    server.remove();
    return;
  }
  const files = knobs(server);
  try {
    await server.start();
    const client = await furnish(server);
    await client.must("POST", "/v1/contacts", { channel: "call" }, once());
    await server.stop();
    writeFileSync(files.shift, "3600000");
    server.env.BELLMAN_BOOT_ID = "the machine was off";
    for (let death = 0; death < 2; death++) {
      server.env.BELLMAN_DIES_AT = "timer_decided:1";
      const gone = server.start().catch(() => null); /* it may die before it has said where it listens */
      await gone;
      if (server.process.exitCode === null && server.process.signalCode === null) await new Promise((resolve) => server.process.once("exit", resolve));
    }
    delete server.env.BELLMAN_DIES_AT;
    await server.start();
    await saidInAllLanguages(world, server, ["timers_aside"], laterWords);
    const admin = await Desk.open(world.browser, server), other = await Desk.open(world.browser, server);
    await admin.logIn(boss.login, boss.password);
    await other.logIn(taker.login, taker.password);
    assert.equal(await warning(other, "timers_aside").getByRole("button").count(), 0); /* only an administrator can do anything about it */
    await warning(admin, "timers_aside").getByRole("button").click();
    const row = admin.$('[data-vitals] [data-timer="clock_due"]');
    await row.waitFor();
    assert.match(await row.innerText(), /Answer of contact 1.*it stopped the desk twice/s);
    assert.deepEqual((await admin.axe()).violations, []);
    await admin.$("[data-vitals]").screenshot({ path: join(world.shots, "vitals-timers.png") });
    await row.getByRole("button").click();
    await admin.$('[data-vitals] [data-timers="0"]').waitFor();
    await warning(other, "timers_aside").waitFor({ state: "detached" });
    await admin.close();
    await other.close();
  } finally {
    await server.stop();
    server.remove();
  }
}

export const tests = [{ name: "vitals: every console says what the desk says of itself", run: everyConsoleIsTold },
  { name: "vitals: a desk started with its clock months ahead says so", run: aClockThatIsMonthsAhead },
  { name: "vitals: a timer that is set aside is named and tried again", run: aTimerThatIsSetAside }];
