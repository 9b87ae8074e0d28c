/* Distances for people: how far apart two points are, and how that is written. */
export interface Point { lat: number; lon: number }

const EARTH_M = 6_371_008.8;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

/* Great circle, in metres (haversine). */
export function metresBetween(a: Point, b: Point): number {
  const dLat = rad(b.lat - a.lat), dLon = rad(b.lon - a.lon);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/* 87 -> "87 m", 1240 -> "1.2 km", 12400 -> "12 km" */
export function lengthText(metres: number): string {
  if (metres < 950) return `${Math.round(metres)} m`;
  const km = metres / 1000;
  return km < 9.95 ? `${km.toFixed(1)} km` : `${Math.round(km)} km`;
}

/* In which coordinates of a Chinese map it is written; without one it is WGS 84.  The desk converts them. */
export type Datum = "gcj02" | "bd09";
export interface Position extends Point { datum?: Datum }
export const datumText: Record<Datum, string> = { gcj02: "GCJ-02", bd09: "BD-09" };

/* "gcj02 31.2284, 121.4782", "BD-09：31.23，121.48" -> the datum and what follows it */
function datumOf(text: string): [Datum | undefined, string] {
  const match = /^\s*(wgs|gcj|bd)[\s-]?(84|02|09)(?=[\s:：,，])[\s:：,，]*(.*)$/is.exec(text);
  const word = `${match?.[1] ?? ""}${match?.[2] ?? ""}`.toLowerCase();
  if (word === "wgs84") return [undefined, match?.[3] ?? ""];
  return word === "gcj02" || word === "bd09" ? [word, match?.[3] ?? ""] : [undefined, text];
}

/* "22.5431, 114.0579", with a Chinese or an English comma or just a space, and before it the datum if it is another
 * than WGS 84; null when it is no position. */
export function position(given: string): Position | null {
  const [datum, text] = datumOf(given);
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const lat = Number(match[1]), lon = Number(match[2]);
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return datum ? { lat, lon, datum } : { lat, lon };
}

/* Where it is on the desk's own map; null while that is known to the server alone. */
export const asPoint = (at: Position | null): Point | null => (at && !at.datum ? at : null);

export const positionText = (point: Point): string => `${point.lat.toFixed(5)}, ${point.lon.toFixed(5)}`;
