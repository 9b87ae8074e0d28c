/* What everybody must know of the desk itself, from its beats: in the order in which it matters. */
import type { Vitals } from "../shared/stream";

export type VitalWarning =
  | "space_out" | "space_low" | "timers_stuck" | "timers_aside" | "time_held" | "ack_slow" | "outbox_broken" | "outbox_stopped" | "set_aside" | "quarantined";

/* What only those hear of who can do something about it. */
export const forTheHouse: readonly VitalWarning[] = ["set_aside", "quarantined"];

/* A desk of another version says less. */
export function vitalWarnings(beat: Partial<Vitals>): VitalWarning[] {
  const found: VitalWarning[] = [];
  if (beat.space === "out") found.push("space_out");
  if (beat.space === "low") found.push("space_low");
  if (beat.timers_stuck) found.push("timers_stuck");
  if (beat.timers_aside && !beat.timers_stuck) found.push("timers_aside");
  if (beat.time_held) found.push("time_held");
  if (beat.ack_slow) found.push("ack_slow");
  if (beat.outbox === "broken") found.push("outbox_broken");
  if (beat.outbox === "stopped") found.push("outbox_stopped");
  if (beat.set_aside) found.push("set_aside");
  if (beat.quarantined) found.push("quarantined");
  return found;
}
