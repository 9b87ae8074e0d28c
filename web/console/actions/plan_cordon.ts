import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { askCordon, type Area } from "../map/ground";
import { readPoints, type LatLon } from "../map/points";
import { tool } from "../map/tools";
import { shownOnMap } from "../map/windows";
import { maySend } from "../state";
import { Wrong, type Action } from "./action";

/* "K 400": around the shown incident; "K 3min": what is reached from there in 3 minutes; "K" and corners: a polygon. */
function areaOf(text: string): Area {
  const form = /^(\d{1,5})(\s*min)?$/.exec(text), points = form ? null : readPoints(text);
  if (points && points.length > 2) return { form: "polygon", points };
  if (!form?.[1]) throw new Wrong(t("command.usage", { usage: t("usage.cordon") }));
  const shown = shownOnMap.peek(), incident = shown ? row("case", shown) : undefined;
  if (!incident || typeof incident.lat !== "number" || typeof incident.lon !== "number") throw new Wrong(t("map.cordon_no_case"));
  const at: LatLon = [incident.lat, incident.lon];
  return form[2] ? { form: "minutes", at, minutes: form[1] } : { form: "around", at, radius_m: form[1] };
}

export const planCordon: Action<void> = {
  name: "plan_cordon",
  label: "map.cordon",
  predicate: () => maySend(),
  perform: () => planCordon.command?.run("") ?? Promise.resolve(),
  command: {
    verb: "K",
    usage: "usage.cordon",
    async run(rest) {
      const answer = await askCordon(areaOf(rest.trim() || "300"));
      tool.value = "cordon";
      return t("map.cordon_found", { n: answer.posts.length });
    },
  },
};
