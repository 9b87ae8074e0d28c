import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { PlaceRow } from "../../shared/types";
import { isClosure } from "../map/features";
import { fieldsOf, readTerms } from "../map/terms";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";
import { needClosure } from "./lift_closure";

export interface ChangeClosureArgs {
  fields: { name?: string; direction?: "both" | "along"; speed_percent?: number; until_at_ms?: number | null };
  version: number; /* the one that was read when the editing began */
}

export const changeClosure: Action<PlaceRow, ChangeClosureArgs> = {
  name: "change_closure",
  label: "map.change",
  predicate: (row) => maySend() && isClosure(row),
  perform: (row, args, key) =>
    change({
      method: "PATCH", path: `/v1/road-closures/${row.id}`, body: args.fields, ifMatch: args.version,
      label: t("action.change_closure", { name: row.name }), ...(key ? { key } : {}),
    }),
  command: {
    verb: "E",
    usage: "usage.change_closure",
    async run(line) {
      if (!maySend()) throw new Wrong(t("command.not_allowed"));
      const { rest, terms } = readTerms(line);
      const fields = fieldsOf(terms, now.peek());
      if (!rest || !Object.keys(fields).length) throw new Wrong(t("command.usage", { usage: t("usage.change_closure") }));
      const row = needClosure(rest);
      await changeClosure.perform(row, { fields, version: row.version });
      return t("map.changed", { name: row.name });
    },
  },
};
