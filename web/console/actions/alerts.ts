/* Channels out of the house, and sending something once more. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { AlertChannelRow, Delivery, Id, Reply } from "../../shared/types";
import { may } from "../state";
import type { Action } from "./action";

export interface ChannelArgs { body: Record<string, string | number | boolean>; id: Id | null; version: number }

export const setChannel: Action<void, ChannelArgs> = {
  name: "set_alert_channel",
  label: "alerts.save",
  predicate: () => may("admin"),
  perform: (_, { body, id, version }, key) =>
    change<Reply<"alert_channel">>({
      path: id ? `/v1/alert-channels/${id}` : "/v1/alert-channels", method: id ? "PUT" : "POST", body,
      label: t("alerts.action_set", { what: String(body.name) }), ...(id ? { ifMatch: version } : {}), ...(key ? { key } : {}),
    }),
};

export const pauseChannel: Action<AlertChannelRow> = {
  name: "pause_alert_channel",
  label: "alerts.pause",
  predicate: (channel) => may("admin", "supervisor") && channel.active && !channel.off,
  perform: (channel) =>
    change({
      path: `/v1/alert-channels/${channel.id}/pause`, body: { paused: !channel.paused },
      label: t("alerts.action_pause", { what: channel.name }),
    }),
};

export const setSecret: Action<Id, { secret: string }> = {
  name: "set_alert_secret",
  label: "alerts.set_secret",
  predicate: () => may("admin"),
  perform: (id, args) => change({ path: `/v1/alert-channels/${id}/secret`, body: args, label: t("alerts.action_secret") }),
};

export const resend: Action<Delivery> = {
  name: "resend",
  label: "alerts.resend",
  predicate: (delivery) => may("admin", "supervisor") && delivery.state !== "queued" && delivery.state !== "sending",
  perform: (delivery) => change({ path: `/v1/deliveries/${delivery.id}/resend`, label: t("alerts.action_resend") }),
};
