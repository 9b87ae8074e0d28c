/* How a closure holds, in words. */
import { untracked } from "@preact/signals";
import { t } from "../../shared/i18n";
import { instant, now, span } from "../../shared/time";
import type { PlaceRow } from "../../shared/types";
import { closureReach } from "./closed";

/* "closed", "driven at 30%", and "in the direction drawn only". */
export function stateOf(row: PlaceRow): string {
  const state = row.speed_percent ? t("map.state_slowed", { n: row.speed_percent }) : t("map.state_closed");
  return row.direction === "along" ? t("map.state_along", { state }) : state;
}

/* "until 14:30, in 59:12"; nothing when it holds until it is lifted. */
export function endOf(row: PlaceRow): string {
  if (!row.until_at_ms) return "";
  return t("map.until_in", { time: instant(row.until_at_ms), span: span(Math.max(0, row.until_at_ms - now.value)) });
}

/* How many roads it takes, as far as that is known. */
export function reachOf(row: PlaceRow): { text: string; none: boolean } | null {
  const edges = closureReach.value.get(row.id);
  if (edges === undefined || edges === null) return null;
  return edges ? { text: t("map.reach", { n: edges }), none: false } : { text: t("map.reach_none"), none: true };
}

/* Beside it on the map: what does not change from second to second. */
export function closureLabel(row: PlaceRow): string {
  return untracked(() => {
    const lines = [row.name];
    if (row.speed_percent) lines.push(t("map.state_slowed", { n: row.speed_percent }));
    if (row.until_at_ms) lines.push(t("map.until", { time: instant(row.until_at_ms) }));
    return lines.join("\n");
  });
}
