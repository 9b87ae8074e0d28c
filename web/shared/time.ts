/* Times on the page.  Clocks count from the server's time, which beats of the stream bring; between beats
 * the browser's monotonic clock carries it on, so a wrong wall clock here does no harm. */
import { signal } from "@preact/signals";
import { lang } from "./i18n";

let offset = Date.now() - performance.now();
export const now = signal(Date.now());

export function setServerTime(nowMs: number): void {
  offset = nowMs - performance.now();
  tick();
}

/* Whatever the desk says was recorded at some instant: it is at least that late. */
export function atLeast(ms: number): void {
  if (ms > offset + performance.now()) offset = ms - performance.now();
  tick();
}

function tick(): void {
  now.value = Math.round(offset + performance.now());
}

export function startTicking(): void {
  setInterval(tick, 1000);
}

/* 12 -> "0:12", 754 s -> "12:34", 4000 s -> "1:06:40"; days before hours past two days. */
export function span(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const s = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  const hours = Math.floor(minutes / 60);
  const m = String(minutes % 60).padStart(2, "0");
  if (hours < 48) return `${hours}:${m}:${s}`;
  return `${Math.floor(hours / 24)}d ${hours % 24}:${m}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: "clock" | "full", ms: number): string {
  const name = `${lang.value} ${kind}`;
  let made = formats.get(name);
  if (!made) {
    const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
    if (kind === "full") Object.assign(options, { year: "numeric", month: "2-digit", day: "2-digit" });
    made = new Intl.DateTimeFormat(lang.value === "en" ? "en-GB" : lang.value, options);
    formats.set(name, made);
  }
  return made.format(ms);
}

/* Time of day; with the date when it is not today's. */
export function instant(ms: number | null): string {
  if (ms === null) return "–";
  const sameDay = new Date(ms).toDateString() === new Date(now.value).toDateString();
  return format(sameDay ? "clock" : "full", ms);
}

export function fullInstant(ms: number | null): string {
  return ms === null ? "–" : format("full", ms);
}
