/* Instants for people.  The desk does not say yet by which clocks it lives, so they are shown on this device's, and
 * every page says which those are. */
import { lang } from "./i18n";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${lang.value} ${kind}`;
  let made = formats.get(name);
  if (!made) {
    made = new Intl.DateTimeFormat(lang.value === "en" ? "en-GB" : lang.value, options);
    formats.set(name, made);
  }
  return made;
}

export function day(ms: number): string {
  return format("day", { year: "numeric", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    .format(ms);
}

/* "China Standard Time (Asia/Shanghai)" */
export function zone(): string {
  const made = format("zone", { timeZoneName: "long" });
  const name = made.formatToParts(Date.now()).find((part) => part.type === "timeZoneName")?.value ?? "";
  const place = made.resolvedOptions().timeZone;
  return name && name !== place ? `${name} (${place})` : place;
}
