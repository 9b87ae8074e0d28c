/* The times of a sheet, in the order in which they come. */
export const sheetTimes = [
  "received", "answered", "ended", "dispatched", "acknowledged", "en_route", "on_scene", "transporting", "at_destination", "cleared", "closed",
] as const;
export type SheetTime = (typeof sheetTimes)[number];

/* "14:05", "2026-03-02 14:05" or with a T, by the clock on this wall; a time of day that is still to come was yesterday's. */
export function timeOf(text: string, nowMs: number): number | null {
  const match = /^(?:(\d{4})-(\d\d)-(\d\d)[T ])?(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text.trim());
  if (!match) return null;
  const [, year, month, day, hour, minute, second = "0"] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const at = new Date(nowMs);
  at.setHours(Number(hour), Number(minute), Number(second), 0);
  if (year) {
    at.setFullYear(Number(year), Number(month) - 1, Number(day));
    return at.getMonth() === Number(month) - 1 ? at.getTime() : null;
  }
  if (at.getTime() > nowMs + 60_000) at.setDate(at.getDate() - 1);
  return at.getTime();
}
