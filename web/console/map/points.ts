/* Points as people write them, one a line or several with spaces between: "49.41, 8.69". */
export type LatLon = readonly [number, number];

export const POINTS_MAX = 32;

const PAIR = /(-?\d{1,2}(?:\.\d+)?)\s*[,，]\s*(-?\d{1,3}(?:\.\d+)?)/y;

/* null when something in it is no point; the places between points are spaces, line ends and semicolons. */
export function readPoints(text: string): LatLon[] | null {
  const found: LatLon[] = [];
  let at = 0;
  for (;;) {
    at += /^[\s;；]*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length) return found;
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    if (!match) return null;
    const lat = Number(match[1]), lon = Number(match[2]);
    if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
    at = PAIR.lastIndex;
    if (at < text.length && !/[\s;；]/.test(text[at] ?? "")) return null;
    found.push([lat, lon]);
  }
}

export function writePoint(lat: number, lon: number): string {
  return `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
}
