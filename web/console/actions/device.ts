/* Devices of units: added, taken out of service, given secrets. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { DeviceRow, Id, Reply } from "../../shared/types";
import { may } from "../state";
import type { Action } from "./action";

export interface DeviceArgs { protocol: string; identity: string; unit: Id; inactive?: boolean }

export const addDevice: Action<void, DeviceArgs> = {
  name: "add_device",
  label: "devices.add",
  predicate: () => may("admin"),
  perform: (_, args, key) =>
    change<Reply<"device">>({
      path: "/v1/devices", body: args, label: t("action.admin", { what: args.identity }), ...(key ? { key } : {}),
    }),
};

export const retireDevice: Action<DeviceRow> = {
  name: "retire_device",
  label: "devices.retire",
  predicate: (device) => may("admin") && device.active,
  perform: (device) =>
    change<Reply<"device">>({
      method: "PUT", path: `/v1/devices/${device.id}`, ifMatch: device.version,
      body: { protocol: device.protocol, identity: device.identity, unit: device.unit, inactive: true },
      label: t("action.admin", { what: device.identity }),
    }),
};

export const deviceSecret: Action<DeviceRow> = {
  name: "device_secret",
  label: "devices.secret",
  predicate: (device) => may("admin") && device.active && device.protocol !== "jt808",
  perform: (device) =>
    change<{ device: Id; secret: string }>({
      path: `/v1/devices/${device.id}/secret`, label: t("devices.secret_of", { name: device.identity }),
    }),
};
