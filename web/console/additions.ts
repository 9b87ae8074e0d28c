/* Local additions to a calendar: the days that a file would make others than they are, for a look before it is published. */
import type { AddedDay } from "../shared/types";

const DAY_MS = 86_400_000;
const DAYS_MAX = 400; /* shown of one range */

export const isAdditions = (text: string): boolean => /^additions_to\s*:/m.test(text);

/* The desk reads the file and judges it; this reads only the lines of days, "- 2026-06-01 to 2026-06-03, occasion". */
export function addedDays(text: string): AddedDay[] {
  const days: AddedDay[] = [];
  let works: boolean | null = null;
  for (const line of text.split("\n")) {
    const key = /^\s*-?\s*(off|work|notices|year|years)\s*:/.exec(line)?.[1];
    if (key) works = key === "off" ? false : key === "work" ? true : null;
    const found = /^\s*-\s*["']?(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?, (.+?)["']?\s*$/.exec(line);
    if (!found || works === null) continue;
    const from = Date.parse(`${found[1]}T00:00Z`), to = Date.parse(`${found[2] ?? found[1]}T00:00Z`);
    for (let at = from, n = 0; at <= to && n < DAYS_MAX; at += DAY_MS, n++)
      days.push({ day: new Date(at).toISOString().slice(0, 10), works, source: found[3] ?? "" });
  }
  return days;
}
