/* What was written in the coordinates of a Chinese map, as the desk has it: the server knows how they are moved. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, Refusal } from "../shared/api";
import { asPoint, type Point, type Position } from "../shared/geo";

/* The point itself when there is nothing to convert; null until the answer is here. */
export function useConverted(at: Position | null): Point | null {
  const found = useSignal<{ of: string; point: Point } | null>(null);
  const path = at?.datum ? `/v1/coordinates?at=${at.lat},${at.lon}&datum=${at.datum}` : "";
  useEffect(() => {
    if (!path) return undefined;
    let wanted = true;
    void ask<Point>(path).then(({ lat, lon }) => {
      if (wanted) found.value = { of: path, point: { lat, lon } };
    }, (error: unknown) => {
      if (!(error instanceof Refusal)) throw error; /* then it is sent as it was written, with its datum */
    });
    return () => { wanted = false; };
  }, [path]);
  return path ? (found.value?.of === path ? found.value.point : null) : asPoint(at);
}
