/* A house that works matters: procedures and calendars published, officers with posts, and letters on their way. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./browser.mjs";
import { publishAll } from "./publish.mjs";
import { Client } from "./server.mjs";

export const password = "correct horse battery";
export const file = (...path) => readFileSync(join(root, ...path), "utf8");

export class House {
  static async make(server, boss) {
    const house = new House();
    Object.assign(house, { server, boss, areas: {}, people: {} });
    for (const name of ["north", "south"]) {
      const args = { name: `${name === "north" ? "North" : "South"} Street Station`, code: name.toUpperCase(), level: "station", parent: "1" };
      house.areas[name] = (await boss.must("POST", "/v1/agencies", args)).agency.id;
    }
    await publishAll(boss);
    const north = house.areas.north;
    await house.hire("clerk", "L1", "1", ["officer"], "clerk");
    await house.hire("chief", "L2", "1", ["call_taker", "officer"], "duty_officer");
    await house.hire("head", "L3", north, ["officer"], "unit_head");
    await house.hire("handler", "L4", north, ["officer"], "letter:handler");
    await house.hire("superior", "L5", "1", ["officer"], "superior");
    return house;
  }

  async hire(name, number, jurisdiction, roles, posts) {
    const { operator } = await this.boss.must("POST", "/v1/operators", { number, roles, jurisdiction, posts, name: `Officer ${number}` });
    await this.boss.must("POST", `/v1/operators/${operator.id}/account`, { login: number, password });
    this.people[name] = { login: number, password, api: await new Client(this.server).logIn(number, password) };
  }

  async contact(words = "The lamp in Elm Street is dark.") {
    const args = { channel: "letter", text: words, name: "Li Hua", number: "13800000000" };
    return (await this.people.chief.api.must("POST", "/v1/contacts", args)).contact.id;
  }

  async letter(words = "The lamp in Elm Street is dark.") {
    const contact = await this.contact(words);
    const args = { procedure: "letter", contact, description: words, caller_name: "Li Hua" };
    return (await this.people.chief.api.must("POST", "/v1/matters", args)).case.id;
  }

  see(id, who = "chief") {
    return this.people[who].api.must("GET", `/v1/matters/${id}`);
  }

  async act(id, who, event, fields = {}, more = {}) {
    const { version } = (await this.see(id)).case;
    return this.people[who].api.must("POST", `/v1/cases/${id}/events`, { event, fields, ...more }, { "If-Match": `"${version}"` });
  }

  async registered(words) {
    const id = await this.letter(words);
    await this.act(id, "clerk", "register", { subject: "Dark lamp", kind: "request" });
    return id;
  }

  async offered(words) {
    const id = await this.registered(words);
    await this.act(id, "clerk", "offer", {}, { agency: this.areas.north });
    return id;
  }

  async handedOver(words) {
    const id = await this.offered(words);
    const { matter } = await this.see(id, "handler");
    await this.act(id, "handler", "acknowledge", { offer_hash: matter.offer_hash });
    return id;
  }
}
