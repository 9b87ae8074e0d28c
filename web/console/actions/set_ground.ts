/* What an administrator mends of places and areas by hand: name, kind, agency, position, whether it is in use. */
import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Id, Reply } from "../../shared/types";
import { may } from "../state";
import type { Action } from "./action";

/* As it was when it came into the form: whoever changed it since is not overwritten. */
export interface Known { id: Id; version: number }

export interface PlaceArgs {
  kind: string; name: string; code: string; jurisdiction: Id; lat: number | null; lon: number | null; inactive: boolean;
}
export const setPlace: Action<Known | undefined, PlaceArgs> = {
  name: "set_place",
  label: "admin.set_place",
  predicate: () => may("admin"),
  perform: (of, args, key) =>
    change<Reply<"place">>({
      ...(of ? { method: "PUT" as const, path: `/v1/places/${of.id}`, ifMatch: of.version } : { path: "/v1/places" }),
      body: args, label: t("action.admin", { what: args.name }), ...(key ? { key } : {}),
    }),
};

export interface AreaArgs { kind: string; name: string; code: string; jurisdiction: Id; inactive: boolean }
export const setArea: Action<Known, AreaArgs> = {
  name: "set_area",
  label: "admin.set_area",
  predicate: () => may("admin"),
  perform: (of, args, key) =>
    change<unknown>({
      method: "PUT", path: `/v1/areas/${of.id}`, ifMatch: of.version, body: args, label: t("action.admin", { what: args.name }),
      ...(key ? { key } : {}),
    }),
};
