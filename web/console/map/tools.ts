/* Which of the map's tools is open. */
import { signal } from "@preact/signals";

export const tool = signal<"close" | "list" | "reach" | "cordon" | "turns" | null>(null);
