import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { PlaceRow } from "../../shared/types";
import { POINTS_MAX, readPoints, type LatLon } from "../map/points";
import { tool } from "../map/tools";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

export interface CloseRoadArgs {
  name: string; form: "line" | "polygon"; points: readonly LatLon[]; until_at_ms?: number | null;
}

/* "R Old Bridge 49.41410,8.70910 49.41320,8.70950": the name ends where the first point begins. */
function read(rest: string): CloseRoadArgs {
  const at = rest.search(/-?\d{1,2}(\.\d+)?\s*[,，]\s*-?\d{1,3}(\.\d+)?/);
  const name = rest.slice(0, Math.max(at, 0)).trim();
  const points = at < 0 ? null : readPoints(rest.slice(at));
  if (!name || !points || points.length < 2 || points.length > POINTS_MAX) {
    throw new Wrong(t("command.usage", { usage: t("usage.close_road") }));
  }
  return { name, form: "line", points };
}

export const closeRoad: Action<void, CloseRoadArgs> = {
  name: "close_road",
  label: "map.close_road",
  predicate: () => maySend(),
  perform: (_, args, key) =>
    change<{ place: PlaceRow }>({
      path: "/v1/road-closures", body: { until_at_ms: null, ...args }, label: t("action.close_road", { name: args.name }),
      ...(key ? { key } : {}),
    }),
  command: {
    verb: "R",
    usage: "usage.close_road",
    async run(rest) {
      if (!closeRoad.predicate()) throw new Wrong(t("command.not_allowed"));
      if (!rest.trim()) {
        tool.value = "close";
        return t("map.close_hint");
      }
      const args = read(rest);
      await closeRoad.perform(undefined, args);
      return t("map.closed", { name: args.name });
    },
  },
};
