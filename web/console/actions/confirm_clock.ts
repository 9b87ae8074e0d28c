/* After the server's clock jumped, timers wait until somebody has looked at it. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { may, vitals } from "../state";
import type { Action } from "./action";

export const confirmClock: Action<void> = {
  name: "confirm_clock",
  label: "vitals.confirm_clock",
  predicate: () => may("admin") && vitals.value.time_held === true,
  perform: () => change({ path: "/v1/clock/confirm", label: t("vitals.confirm_clock") }),
};
