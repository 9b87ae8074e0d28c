/* The contact somebody is busy with, and the open cases it may be about. */
import { computed, signal } from "@preact/signals";
import { row, rows } from "../shared/board";
import type { Point } from "../shared/geo";
import { now } from "../shared/time";
import type { ContactRow } from "../shared/types";
import { similarCases, type Similar } from "./similar";
import { me, path, query } from "./state";

const named = computed(() =>
  path.value === "/open" || path.value === "/attach" ? new URLSearchParams(query.value).get("contact") : null);

/* The one on the form, or else the one I have on the line and not yet given to a case: the latest. */
export function currentContact(): ContactRow | undefined {
  const shown = row("contact", named.value);
  if (shown) return shown;
  return [...rows("contact").values()]
    .filter((each) => each.state === "answered" && each.case === null && each.operator === me.value?.operator)
    .sort((a, b) => (b.answered_at_ms ?? 0) - (a.answered_at_ms ?? 0))[0];
}

/* What the form has found out so far, which is better than what came with the contact. */
export const typed = signal<{ point: Point | null; class: string }>({ point: null, class: "" });

export const offers = computed<readonly Similar[]>(() => {
  const contact = row("contact", named.value);
  if (!contact && path.value !== "/open") return [];
  const own = contact && contact.lat !== null && contact.lon !== null ? { lat: contact.lat, lon: contact.lon } : null;
  const point = typed.value.point ?? own;
  if (!contact && !point) return []; /* nothing is known yet: every recent case would be "similar" */
  return similarCases({ point, class: typed.value.class, at_ms: now.value }, rows("case").values());
});
