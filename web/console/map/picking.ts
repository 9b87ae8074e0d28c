/* What a click on the map is for, besides looking: whoever wants a place sets it, and takes it back when it has
 * one or wants none any more. */
import { signal } from "@preact/signals";

export interface Picking { want(lat: number, lon: number): void }

/* A form that asks for a place; the next click answers it. */
export const picking = signal<Picking | null>(null);
/* The form that closes a road: every click is one more point.  Comes before `picking`. */
export const drawing = signal<{ add(lat: number, lon: number): void } | null>(null);
