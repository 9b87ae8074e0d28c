/* Place search: asks the desk's address index a moment after the last keystroke; a late answer to an earlier
 * text is dropped. */
import { signal, type Signal } from "@preact/signals";
import { ask, Refusal } from "../shared/api";
import type { Point } from "../shared/geo";
import type { Address, Addresses } from "../shared/types";

const PAUSE_MS = 150;
const LIMIT = 8;
const CHARS_MIN = 1; /* one Chinese character or initial may be enough */

export interface AddressSearch {
  found: Signal<readonly Address[]>;
  /* "" while all is well; "no_index" when the desk has none, "failed" when it could not be asked. */
  trouble: Signal<"" | "no_index" | "failed" | "nothing">;
  look(text: string, near: Point | null): void;
  stop(): void;
}

export function makeAddressSearch(): AddressSearch {
  const found = signal<readonly Address[]>([]);
  const trouble = signal<"" | "no_index" | "failed" | "nothing">("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  const query = async (text: string, near: Point | null, mine: number): Promise<void> => {
    const at = near ? `&lat=${near.lat}&lon=${near.lon}` : "";
    try {
      const answer = await ask<Addresses>(`/v1/addresses?q=${encodeURIComponent(text)}${at}&limit=${LIMIT}`);
      if (mine !== turn) return;
      found.value = answer.results;
      trouble.value = answer.reason === "no_index" ? "no_index" : answer.results.length ? "" : "nothing";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mine !== turn) return;
      found.value = [];
      trouble.value = "failed";
    }
  };
  const stop = (): void => {
    clearTimeout(timer);
    turn++;
    found.value = [];
  };
  return {
    found, trouble, stop,
    look(text, near) {
      clearTimeout(timer);
      const mine = ++turn;
      const clean = text.trim();
      if (clean.length < CHARS_MIN) return stop();
      timer = setTimeout(() => void query(clean, near, mine), PAUSE_MS);
    },
  };
}
