/* What every console says of the desk itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forTheHouse, vitalWarnings } from "../console/vitals";
import { langs, texts } from "../shared/i18n";

const well = { clock: "synchronised", ack_slow: false, time_held: false, time_doubt: null, timers_stuck: false, timers_aside: 0, timers: [], space: "fine", outbox: "fine", set_aside: 0, quarantined: 0 } as const;

test("a desk that is well says nothing, and so does one of another version", () => {
  assert.deepEqual(vitalWarnings(well), []);
  assert.deepEqual(vitalWarnings({}), []);
});

test("each thing that is not well is said, in all languages", () => {
  const all = vitalWarnings({ ...well, ack_slow: true, time_held: true, timers_stuck: true, space: "out", outbox: "stopped", set_aside: 2, quarantined: 1 });
  assert.deepEqual(all, ["space_out", "timers_stuck", "time_held", "ack_slow", "outbox_stopped", "set_aside", "quarantined"]);
  assert.deepEqual(vitalWarnings({ ...well, timers_aside: 2 }), ["timers_aside"]);
  assert.deepEqual(vitalWarnings({ ...well, space: "low", outbox: "broken" }), ["space_low", "outbox_broken"]);
  for (const kind of [...all, "space_low", "outbox_broken", "timers_aside"] as const) {
    for (const lang of langs) assert.ok(texts[lang][`vitals.${kind}`].trim(), `${lang} ${kind}`);
  }
});

test("what only the house can mend is kept from the others", () => {
  assert.deepEqual([...forTheHouse], ["set_aside", "quarantined"]);
});
