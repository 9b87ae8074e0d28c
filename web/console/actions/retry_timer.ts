/* A timer that stopped the desk twice is tried again: after a new version, or once what it stumbled over has changed. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { AsideTimer } from "../../shared/types";
import { may } from "../state";
import { timerName } from "../timers";
import type { Action } from "./action";

export const retryTimer: Action<AsideTimer> = {
  name: "retry_timer",
  label: "vitals.retry_timer",
  predicate: () => may("admin"),
  perform: (timer) =>
    change({ path: `/v1/timers/${timer.target}/retry`, body: { what: timer.what }, label: t("vitals.action_retry_timer", { what: timerName(timer) }) }),
};
