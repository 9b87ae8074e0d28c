import { change } from "../../shared/api";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { PlaceRow } from "../../shared/types";
import { closureReach, fetchClosed } from "../map/closed";
import { POINTS_MAX, readPoints, type LatLon } from "../map/points";
import { fieldsOf, readTerms } from "../map/terms";
import { tool } from "../map/tools";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

export interface CloseRoadArgs {
  name: string; form: "line" | "polygon"; points: readonly LatLon[]; until_at_ms?: number | null;
  direction?: "both" | "along"; speed_percent?: number;
}

/* "R Old Bridge 49.41410,8.70910 49.41320,8.70950 > 30% 2h": the name ends where the first point begins. */
function read(line: string): CloseRoadArgs {
  const { rest, terms } = readTerms(line);
  const at = rest.search(/-?\d{1,2}(\.\d+)?\s*[,，]\s*-?\d{1,3}(\.\d+)?/);
  const name = rest.slice(0, Math.max(at, 0)).trim();
  const points = at < 0 ? null : readPoints(rest.slice(at));
  if (!name || !points || points.length < 2 || points.length > POINTS_MAX) {
    throw new Wrong(t("command.usage", { usage: t("usage.close_road") }));
  }
  return { name, form: "line", points, ...fieldsOf(terms, now.peek()) };
}

const perform = (args: CloseRoadArgs, key?: string): Promise<{ place: PlaceRow }> =>
  change<{ place: PlaceRow }>({
    path: "/v1/road-closures", body: { until_at_ms: null, ...args }, label: t("action.close_road", { name: args.name }),
    ...(key ? { key } : {}),
  });

/* What was made of it, said: one that takes no road at all is a mistake that nobody sees otherwise. */
export async function closeAndSay(args: CloseRoadArgs, key?: string): Promise<{ text: string; wrong: boolean }> {
  const { place } = await perform(args, key);
  await fetchClosed();
  const nothing = closureReach.peek().get(place.id) === 0;
  const done = place.speed_percent ? "map.slowed" : "map.closed";
  return { text: t(nothing ? "map.closed_nothing" : done, { name: place.name, n: place.speed_percent ?? 0 }), wrong: nothing };
}

export const closeRoad: Action<void, CloseRoadArgs> = {
  name: "close_road",
  label: "map.close_road",
  predicate: () => maySend(),
  perform: (_, args, key) => perform(args, key),
  command: {
    verb: "R",
    usage: "usage.close_road",
    async run(rest) {
      if (!closeRoad.predicate()) throw new Wrong(t("command.not_allowed"));
      if (!rest.trim()) {
        tool.value = "close";
        return t("map.close_hint");
      }
      const said = await closeAndSay(read(rest));
      if (said.wrong) throw new Wrong(said.text);
      return said.text;
    },
  },
};
