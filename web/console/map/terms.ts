/* How a closure holds, as people write it behind its name and points: ">" for the direction of the line only and "="
 * for both, "30%" for slowed to that share of the usual speed (0%: closed), "2h" or "45m" for how long (0h: until it is lifted). */
const HOUR_MS = 3_600_000, MINUTE_MS = 60_000;

export interface Terms { direction?: "both" | "along"; speed_percent?: number; for_ms?: number | null }

/* false when the word says nothing about it. */
function take(word: string, terms: Terms): boolean {
  const percent = /^(\d{1,2})[%％]$/.exec(word), long = /^(\d{1,3})(h|m|min|小时|小時|分|分钟|分鐘)$/i.exec(word);
  if (word === ">" || word === "＞") terms.direction = "along";
  else if (word === "=" || word === "＝") terms.direction = "both";
  else if (percent) terms.speed_percent = Number(percent[1]);
  else if (long) terms.for_ms = Number(long[1]) * (/^(h|小)/i.test(long[2] ?? "") ? HOUR_MS : MINUTE_MS) || null;
  else return false;
  return true;
}

/* Takes them from the end of the line; `rest` is what stands before. */
export function readTerms(text: string): { rest: string; terms: Terms } {
  const terms: Terms = {};
  let rest = text.trim();
  for (;;) {
    const word = /(?:^|\s)(\S+)$/.exec(rest)?.[1] ?? "";
    if (!word || !take(word, terms)) return { rest, terms };
    rest = rest.slice(0, rest.length - word.length).trimEnd();
  }
}

/* The same as fields of a request, `null` for the length meaning no end. */
export function fieldsOf(terms: Terms, nowMs: number): { direction?: "both" | "along"; speed_percent?: number; until_at_ms?: number | null } {
  const { for_ms, ...fields } = terms;
  return for_ms === undefined ? fields : { ...fields, until_at_ms: for_ms === null ? null : nowMs + for_ms };
}
