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

/* "解放路与中山路口" as the index writes a crossing; null when it names no two. */
export function crossingOf(text: string): string | null {
  const match = /^(.{2,}?)(?:与|與|和|跟|&| and | at )(.{2,}?)(?:的?交叉口|路口)?$/u.exec(text.trim());
  if (!match?.[1] || !match[2]) return null;
  /* "…中山路口" is 中山路 and 口, "…中山路路口" too. */
  const second = /(?:路口)$/u.test(text) && !/[路街巷道]$/u.test(match[2]) ? `${match[2]}路` : match[2];
  return `${match[1].trim()} / ${second.trim()}`;
}

export function makeAddressSearch(): AddressSearch {
  const found = signal<readonly Address[]>([]);
  const trouble = signal<"" | "no_index" | "failed" | "nothing">("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  const query = async (text: string, near: Point | null, mine: number): Promise<void> => {
    const at = near ? `&lat=${near.lat}&lon=${near.lon}` : "";
    const look = (q: string): Promise<Addresses> => ask<Addresses>(`/v1/addresses?q=${encodeURIComponent(q)}${at}&limit=${LIMIT}`);
    try {
      const crossing = crossingOf(text);
      let answer = await look(text);
      if (!answer.results.length && crossing && mine === turn) answer = await look(crossing);
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
