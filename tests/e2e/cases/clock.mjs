/* No time service keeps the server's clock right: every screen says so, in its language, until one does. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { Desk } from "../browser.mjs";
import { Client, Server } from "../server.mjs";

const words = { "en-GB": /time service/, "zh-CN": /服务器时钟未与授时服务同步/, "zh-TW": /伺服器時鐘未與授時服務同步/ };
const boss = { login: "boss", password: "a bell in the night" };

/* A server whose host says this of its clock (tests/service/host.c). */
async function serverWhoseClockIs(world, state, data) {
  const server = new Server(world.server.program);
  if (data) server.data = data;
  server.watchesClock = true;
  server.env = {
    LD_PRELOAD: join(dirname(server.program), "../../tests/service/libhost.so"), HOST_CLOCK: state,
    ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0",
  };
  await server.start();
  return server;
}

async function everyScreenWarns(world) {
  const server = await serverWhoseClockIs(world, "unsynchronised");
  try {
    const token = new URL(server.setupLink).hash.slice(1);
    await new Client(server).must("POST", "/v1/setup", { token, ...boss, number: "1", agency_code: "X", agency_name: "X" });
    for (const [locale, said] of Object.entries(words)) {
      const desk = await Desk.open(world.browser, server, { locale });
      await desk.logIn(boss.login, boss.password);
      assert.match(await desk.$('[data-warning="clock"]').innerText(), said);
      assert.deepEqual((await desk.axe()).violations, [], locale);
      await world.shot(desk, `clock-${locale}`);
      await desk.close();
    }
  } finally {
    await server.stop();
  }
  const right = await serverWhoseClockIs(world, "synchronised", server.data);
  try {
    const desk = await Desk.open(world.browser, right);
    await desk.logIn(boss.login, boss.password);
    await desk.$('[data-link="live"]').waitFor(); /* the beat that says so has come */
    assert.equal(await desk.$('[data-warning="clock"]').count(), 0);
    await desk.close();
  } finally {
    await right.stop();
    right.remove();
    server.remove();
  }
}

export const tests = [{ name: "clock: every screen warns while no time service keeps it right", run: everyScreenWarns }];
