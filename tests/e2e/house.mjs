/* The house that citizens write to, set up over HTTP: a calendar, procedures that come with the program, and the
 * people who work on letters and disputes.  Made once per run, on the desk that the first tests have set up. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { publishAll } from "./publish.mjs";
import { Client } from "./server.mjs";

const PASSWORD = "correct horse battery";
const posts = {
  clerk: "clerk letter:duty_officer", officer: "duty_officer", head: "unit_head committee_head", handler: "letter:handler mediator",
};

class House {
  constructor(world) {
    this.world = world;
    this.people = {};
  }

  async build() {
    const boss = await this.world.api();
    await publishAll(boss);
    const { rows } = await boss.must("GET", "/v1/agencies");
    this.station = rows.find((row) => row.parent)?.id;
    const top = rows.find((row) => !row.parent).id;
    for (const [name, words] of Object.entries(posts)) {
      const jurisdiction = name === "head" || name === "handler" ? this.station : top;
      const body = { number: `P-${name}`, roles: ["officer"], jurisdiction, posts: words, name };
      const { operator } = await boss.must("POST", "/v1/operators", body, { "Idempotency-Key": randomUUID() });
      await boss.must("POST", `/v1/operators/${operator.id}/account`, { login: `public-${name}`, password: PASSWORD },
        { "Idempotency-Key": randomUUID() });
      this.people[name] = await new Client(this.world.server).logIn(`public-${name}`, PASSWORD);
    }
    return this;
  }

  /* One step of the house's people in the matter behind a receipt. */
  async act(code, who, event, fields = {}, more = {}) {
    const { case: seen } = await this.see(code);
    const sheet = await this.people[more.version ?? who].must("GET", `/v1/matters/${seen.reference}`);
    const { version: _, ...rest } = more;
    return this.people[who].must("POST", `/v1/cases/${seen.reference}/events`, { event, fields, ...rest },
      { "Idempotency-Key": randomUUID(), "If-Match": `"${sheet.case.version}"` });
  }

  async see(code) {
    return new Client(this.world.server).must("GET", `/public/cases/${code}`);
  }

  async sheet(code, who = "officer") {
    const { case: seen } = await this.see(code);
    return this.people[who].must("GET", `/v1/matters/${seen.reference}`);
  }

  /* A letter as somebody else would have sent it. */
  async letter(text, more = {}) {
    const body = { procedure: "letter", text, ...more };
    return (await new Client(this.world.server).must("POST", "/public/matters", body, { "Idempotency-Key": randomUUID() })).code;
  }

  async handOver(code, from, to, event = "offer") {
    await this.act(code, from, event, {}, { agency: this.station });
    const { matter } = await this.sheet(code, to);
    await this.act(code, to, "acknowledge", { offer_hash: matter.offer_hash });
  }

  async close(code, result = "solved") {
    await this.act(code, "handler", "draft", { reply: "The lamp is mended.", result });
    await this.act(code, "head", "approve");
  }
}

const made = new Map();

export function house(world) {
  if (!made.has(world)) made.set(world, new House(world).build());
  return made.get(world);
}

/* How many matters the desk holds: what was sent twice must not have arrived twice. */
export async function matterCount(world) {
  const api = (await house(world)).people.officer;
  const { rows } = await api.must("GET", "/v1/matters?limit=1000");
  assert.ok(rows.length < 1000);
  return rows.length;
}
