/* What there is of a base map. */
import { signal } from "@preact/signals";
import { ask, Refusal } from "../../shared/api";

export type NoTiles = "not_given" | "missing" | "unreadable" | "foreign" | "damaged";
export interface MapInfo {
  tiles: boolean; reason: NoTiles | null; bounds: [number, number, number, number] | null;
  center: [number, number] | null; minzoom: number | null; maxzoom: number | null; version: string | null;
  name: string | null; attribution: string | null;
}

/* null: not known yet. */
export const mapInfo = signal<MapInfo | null>(null);

const AGAIN_MS = 2000;
let asking = false;

/* Until it is known; a desk that is away for a while is asked again. */
export async function loadMapInfo(): Promise<void> {
  if (asking || mapInfo.peek()) return;
  asking = true;
  while (!mapInfo.peek()) {
    try {
      mapInfo.value = await ask<MapInfo>("/map/info");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  asking = false;
}
