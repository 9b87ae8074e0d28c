/* What the whole page shares: who is logged in, where we are, the link to the desk, the last message. */
import { computed, signal } from "@preact/signals";
import { ask, onLoggedOut, Refusal, retryPending } from "../shared/api";
import { applyFrame, loadBoard, row } from "../shared/board";
import { dropOldDrafts } from "../shared/drafts";
import { forgetPositions, loadPositions, takePositions } from "../shared/positions";
import { Stream, type Link, type Vitals } from "../shared/stream";
import { atLeast, setServerTime } from "../shared/time";
import type { Board, Frame, Id, Me } from "../shared/types";
import type { Role } from "../shared/words";

/* undefined: not known yet; null: nobody. */
export const me = signal<Me | null | undefined>(undefined);
/* The session ended while somebody was at work: they log in again over the page as it is. */
export const expired = signal(false);
export const link = signal<Link>("connecting");
export const boardLoaded = signal(false);
/* Server time of the last sign of life, for "as of". */
export const heardAt = signal(0);

export const may = (...roles: Role[]): boolean => !!me.value && roles.some((role) => me.value?.roles.includes(role));
export const mayTake = (): boolean => may("call_taker", "dispatcher", "supervisor");
/* Matters are for whoever takes contacts, and for officers, who see nothing else. */
/* Figures of answering and of units' work. */
export const mayReport = (): boolean => may("call_taker", "dispatcher", "supervisor", "admin");
export const mayMatters = (): boolean => mayTake() || may("officer", "admin");
/* Who may act in them: the desk asks for a post besides. */
export const mayAct = (): boolean => mayTake() || may("officer", "unit");
export const onlyOfficer = (): boolean => may("officer") && !mayTake() && !may("unit", "admin");
export const maySend = (): boolean => may("dispatcher", "supervisor");
export const operatorId = computed(() => me.value?.operator ?? "0");

/* --- where we are ------------------------------------------------------------------------------------ */

export const path = signal(location.pathname);
export const query = signal(location.search);

export function go(to: string, { instead } = { instead: false }): void {
  if (instead) history.replaceState(null, "", to);
  else if (to !== location.pathname + location.search) history.pushState(null, "", to);
  path.value = location.pathname;
  query.value = location.search;
}

window.addEventListener("popstate", () => {
  path.value = location.pathname;
  query.value = location.search;
});

export const shownCase = computed<Id | null>(() => /^\/case\/(\d+)$/.exec(path.value)?.[1] ?? null);
export const shownMatter = computed<Id | null>(() => /^\/matter\/(\d+)$/.exec(path.value)?.[1] ?? null);
/* The page to read after an incident. */
export const shownAfter = computed<Id | null>(() => /^\/case\/(\d+)\/after$/.exec(path.value)?.[1] ?? null);
/* Of one of them is the timeline. */
export const shownRecord = computed<Id | null>(() => shownCase.value ?? shownMatter.value);

/* --- messages ------------------------------------------------------------------------------------------ */

/* Spoken by screen readers and shown at the foot of the page. */
export const message = signal<{ text: string; bad: boolean; n: number }>({ text: "", bad: false, n: 0 });

export function say(text: string, bad = false): void {
  message.value = { text, bad, n: message.value.n + 1 };
}

/* --- the board, live -------------------------------------------------------------------------------------- */

export type FrameListener = (frame: Frame) => void;
const listeners = new Set<FrameListener>();
export function onFrame(listener: FrameListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
/* The board was fetched anew: whatever followed single frames has to look again. */
export const boardLoads = signal(0);

/* What the desk said of itself last. */
export const vitals = signal<Partial<Vitals>>({});

let stream: Stream | null = null;
let loading = false;

function heard(nowMs: number): void {
  heardAt.value = nowMs;
}

function follow(seq: number): void {
  stream?.stop();
  stream = new Stream(seq, {
    onFrame(frame) {
      applyFrame(frame);
      atLeast(frame.at_ms);
      heard(frame.at_ms);
      for (const listener of listeners) listener(frame);
    },
    onReset: () => void fetchBoard(),
    onBeat(beat) {
      setServerTime(beat.now_ms);
      heard(beat.now_ms);
      vitals.value = beat;
    },
    onPositions(moved) {
      setServerTime(moved.now_ms);
      heard(moved.now_ms);
      takePositions(moved.positions);
    },
    onLink(next) {
      const back = next === "live" && link.value !== "live";
      link.value = next === "connecting" && link.value === "lost" ? "lost" : next;
      if (!back) return;
      retryPending();
      void fetchPositions(); /* the stream does not repeat those that were missed */
    },
    onCut: () => void checkSession(),
  });
}

/* Without them the board is whole, and the next link that comes up asks again. */
async function fetchPositions(): Promise<void> {
  try {
    await loadPositions();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/* Again and again until it comes: without a board there is nothing to work with. */
export async function fetchBoard(): Promise<void> {
  if (loading) return;
  loading = true;
  try {
    for (let attempt = 0; me.value; attempt++) {
      try {
        const board = await ask<Board>("/v1/board");
        setServerTime(board.now_ms);
        heard(board.now_ms);
        loadBoard(board);
        boardLoaded.value = true;
        boardLoads.value++;
        follow(board.seq);
        return;
      } catch {
        if (!me.value || expired.value) return;
        link.value = "lost";
        await new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** attempt, 4000)));
      }
    }
  } finally {
    loading = false;
  }
}

/* --- the session ---------------------------------------------------------------------------------------------- */

onLoggedOut.call = () => {
  stream?.stop();
  stream = null;
  if (me.value) expired.value = true;
  else me.value = null;
};

async function checkSession(): Promise<void> {
  try {
    await ask<Me>("/v1/me"); /* a 401 has told onLoggedOut already */
  } catch {
    /* Not reachable: the stream goes on trying. */
  }
}

export function enter(who: Me): void {
  const other = me.value && me.value.operator !== who.operator;
  me.value = who;
  expired.value = false;
  if (other) go("/");
  void fetchBoard();
  if (!who.area) void fetchArea(); /* a log-in answers who one is, not what the desk has loaded */
}

async function fetchArea(): Promise<void> {
  try {
    const fresh = await ask<Me>("/v1/me");
    if (me.value?.operator === fresh.operator) me.value = fresh;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; /* then it is not said */
  }
}

export function leave(): void {
  stream?.stop();
  stream = null;
  me.value = null;
  expired.value = false;
  boardLoaded.value = false;
  loadBoard({ seq: 0, now_ms: 0, rows: {} });
  forgetPositions();
  go("/");
}

/* Called each time that the page is loaded and the desk does not answer. */
export const onAway: { call: () => void } = { call: () => {} };

export async function begin(): Promise<void> {
  dropOldDrafts(Date.now());
  for (;;) {
    try {
      enter(await ask<Me>("/v1/me"));
      return;
    } catch {
      if (me.value === null) return; /* 401 */
      link.value = "lost";
      onAway.call();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/* --- names of things ---------------------------------------------------------------------------------------------- */

export const operatorName = (id: Id | null | undefined): string => {
  if (!id || id === "0") return "–";
  const operator = row("operator", id);
  if (!operator) return `#${id}`;
  return operator.personal?.name ? `${operator.number} ${operator.personal.name}` : operator.number;
};
export const agencyName = (id: Id | null): string => row("agency", id)?.name ?? (id ? `#${id}` : "–");
export const callSign = (id: Id | null): string => row("unit", id)?.call_sign ?? (id ? `#${id}` : "–");
