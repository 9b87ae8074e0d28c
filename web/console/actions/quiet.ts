import { alarm, unheardCauses } from "../sound";
import type { Action } from "./action";

/* Silences what sounds now; what comes later sounds again. */
export const quiet: Action<void> = {
  name: "quiet",
  label: "sound.acknowledge",
  predicate: () => unheardCauses.value.length > 0,
  perform() {
    alarm.acknowledge();
    return Promise.resolve();
  },
  keys: { key: "q", text: "key.quiet", press: () => alarm.acknowledge() },
};
