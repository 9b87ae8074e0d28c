/* Times as people write them: "08:00" (the next one), "2026-12-01 08:00", "2h" or "45m" from now.  Pure. */
const HOUR_MS = 3_600_000, MINUTE_MS = 60_000, DAY_MS = 24 * HOUR_MS;

/* `from`: the instant after which a bare "08:00" lies; null when the text is no time. */
export function readWhen(text: string, from: number, now: number): number | null {
  const given = text.trim();
  const long = /^(\d{1,3})(h|m|min|小时|小時|分|分钟|分鐘)$/i.exec(given);
  if (long) return now + Number(long[1]) * (/^(h|小)/i.test(long[2] ?? "") ? HOUR_MS : MINUTE_MS);
  const full = /^(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2})[:：](\d{2})$/.exec(given);
  if (full) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = full.slice(1).map(Number);
    const at = new Date(year, month - 1, day, hour, minute);
    return at.getMonth() === month - 1 && at.getDate() === day && hour < 24 && minute < 60 ? at.getTime() : null;
  }
  const clock = /^(\d{1,2})[:：](\d{2})$/.exec(given);
  if (!clock || Number(clock[1]) > 23 || Number(clock[2]) > 59) return null;
  const at = new Date(from);
  at.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
  if (at.getTime() <= from) at.setTime(at.getTime() + DAY_MS);
  return at.getTime();
}
