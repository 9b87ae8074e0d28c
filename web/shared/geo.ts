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

/* "22.5431, 114.0579", with a Chinese or an English comma or just a space; null when it is no position. */
export function position(text: string): Point | null {
  const match = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const lat = Number(match[1]), lon = Number(match[2]);
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

export const positionText = (point: Point): string => `${point.lat.toFixed(5)}, ${point.lon.toFixed(5)}`;
