/* The areas of the desk, for who administers them: no board carries them, for there may be thousands. */
import { signal } from "@preact/signals";
import { ask } from "../shared/api";
import type { AreaRow, Frame, Id } from "../shared/types";
import { onFrame } from "./state";

const PAGE = 1000;

export const areas = signal<ReadonlyMap<Id, AreaRow>>(new Map());

export async function fetchAreas(): Promise<void> {
  const found = new Map<Id, AreaRow>();
  for (let after: Id | null = "0"; after;) {
    const page: { rows: AreaRow[]; next: Id | null } = await ask(`/v1/areas?limit=${PAGE}&after=${after}`);
    for (const row of page.rows) found.set(row.id, row);
    after = page.next;
  }
  areas.value = found;
}

/* What others change meanwhile. */
export const followAreas = (): (() => void) =>
  onFrame((frame: Frame) => {
    const rows = (frame.upsert as { area?: AreaRow[] } | undefined)?.area;
    if (rows) areas.value = new Map([...areas.peek(), ...rows.map((row) => [row.id, row] as const)]);
  });
