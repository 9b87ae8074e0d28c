import { change } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { PlaceRow } from "../../shared/types";
import { isClosure } from "../map/features";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

/* By number, or by the beginning of its name when that means only one. */
export function needClosure(text: string): PlaceRow {
  const all = [...rows("place").values()].filter(isClosure);
  const lower = text.trim().toLowerCase();
  const found = all.filter((each) => each.id === lower || (lower && each.name.toLowerCase().startsWith(lower)));
  const exact = found.find((each) => each.id === lower || each.name.toLowerCase() === lower);
  const only = exact ?? (found.length === 1 ? found[0] : undefined);
  if (!only) throw new Wrong(t("map.no_closure", { text: text.trim(), known: all.map((each) => each.name).join(", ") || "–" }));
  return only;
}

export const liftClosure: Action<PlaceRow> = {
  name: "lift_closure",
  label: "map.lift",
  predicate: (row) => maySend() && isClosure(row),
  perform: (row) =>
    change({ method: "DELETE", path: `/v1/road-closures/${row.id}`, label: t("action.lift_closure", { name: row.name }) }),
  command: {
    verb: "L",
    usage: "usage.lift_closure",
    async run(rest) {
      if (!maySend()) throw new Wrong(t("command.not_allowed"));
      const row = needClosure(rest);
      await liftClosure.perform(row);
      return t("map.lifted", { name: row.name });
    },
  },
};
