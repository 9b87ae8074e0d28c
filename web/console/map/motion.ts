/* Units glide from where they were drawn to where they are now known to be, so that the eye can follow them. */
import type { Id } from "../../shared/types";

const GLIDE_MS = 1100; /* positions come once a second */
const LEAP_DEG = 0.02; /* about 2 km: no glide, it was elsewhere in between */

interface Track { fromLat: number; fromLon: number; lat: number; lon: number; begin: number; ms: number }

export class Motion {
  private readonly tracks = new Map<Id, Track>();

  /* `now` is any clock in ms that only grows.  Without `smooth` it is there at once. */
  set(id: Id, lat: number, lon: number, now: number, smooth: boolean): void {
    const known = this.tracks.get(id);
    if (known && known.lat === lat && known.lon === lon) return;
    const from = this.where(id, now);
    const near = from && Math.abs(from.lat - lat) < LEAP_DEG && Math.abs(from.lon - lon) < LEAP_DEG;
    const glides = smooth && near;
    this.tracks.set(id, {
      fromLat: glides ? from.lat : lat, fromLon: glides ? from.lon : lon, lat, lon, begin: now, ms: glides ? GLIDE_MS : 0,
    });
  }

  where(id: Id, now: number): { lat: number; lon: number } | null {
    const track = this.tracks.get(id);
    if (!track) return null;
    const part = track.ms ? Math.min(1, Math.max(0, (now - track.begin) / track.ms)) : 1;
    return {
      lat: track.fromLat + (track.lat - track.fromLat) * part,
      lon: track.fromLon + (track.lon - track.fromLon) * part,
    };
  }

  moves(now: number): boolean {
    for (const track of this.tracks.values()) if (now < track.begin + track.ms) return true;
    return false;
  }

  keep(ids: ReadonlySet<Id>): void {
    for (const id of this.tracks.keys()) if (!ids.has(id)) this.tracks.delete(id);
  }
}
