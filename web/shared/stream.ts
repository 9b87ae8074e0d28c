/* The event stream: follows the journal from a place on, starts again where it was cut, and says so.
 *
 *   connecting --> live --(error, silence)--> lost --(pause)--> connecting
 *
 * A browser gives one origin six HTTP/1.1 connections over all its pages, so a page that is out of sight for a
 * while lets its stream go, and resumes when it is seen again.
 *
 * A link is only called live after the server has sent something on it: it begins with a beat.  A half-open
 * connection shows no error, so silence for longer than two beats counts as a cut. */
import type { Positions } from "./positions";
import type { AsideTimer, Frame, TimeDoubt } from "./types";

export type Link = "connecting" | "live" | "lost";

/* What everybody must know of the desk.  `clock`: whether a time service keeps the server's clock right; "unwatched" where there is none
 * and that is known.  `set_aside`: events and deliveries that wait for a person; `quarantined`: requests that stopped the desk twice.
 * `timers_aside`: timers that did, of which `timers` names the first; `timers_stuck`: none is fired any more.  `time_doubt`: of the time
 * that is held, what the server's clock said and what was expected; null when that is not known. */
export interface Vitals {
  clock: "synchronised" | "unsynchronised" | "unknown" | "unwatched";
  ack_slow: boolean; time_held: boolean; time_doubt: TimeDoubt | null; timers_stuck: boolean; timers_aside: number; timers: readonly AsideTimer[];
  space: "fine" | "low" | "out";
  outbox: "fine" | "stopped" | "broken";
  set_aside: number; quarantined: number;
}
export interface Beat extends Vitals {
  now_ms: number;
  seq: number;
}

export interface StreamCalls {
  onFrame(frame: Frame): void;
  /* The place is too old or rights have changed: the board must be fetched again. */
  onReset(): void;
  onBeat(beat: Beat): void;
  /* Units have moved; no place in the journal, at most once a second. */
  onPositions(moved: Positions): void;
  onLink(link: Link): void;
  /* A cut stream does not say why; this looks whether the session still holds. */
  onCut(): void;
}

const SILENCE_MS = 35_000; /* beats come every 15 s */
const HIDDEN_MS = 60_000;
const PAUSES_MS = [250, 500, 1000, 2000, 4000];

export class Stream {
  private source: EventSource | null = null;
  private attempt = 0;
  private pause: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private hidden: ReturnType<typeof setTimeout> | undefined;
  private readonly again = () => { this.connect(); };

  constructor(private seq: number, private readonly calls: StreamCalls) {
    window.addEventListener("online", this.again);
    window.addEventListener("offline", this.cut);
    document.addEventListener("visibilitychange", this.seen);
    this.connect();
  }

  stop(): void {
    window.removeEventListener("online", this.again);
    window.removeEventListener("offline", this.cut);
    document.removeEventListener("visibilitychange", this.seen);
    clearTimeout(this.hidden);
    this.drop();
  }

  private drop(): void {
    clearTimeout(this.pause);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    this.drop();
    this.calls.onLink("connecting");
    const source = new EventSource(`/v1/stream?from=${this.seq}`);
    this.source = source;
    this.heard();
    source.onmessage = (event: MessageEvent<string>) => {
      const frame = JSON.parse(event.data) as Frame;
      this.alive();
      if (frame.seq <= this.seq) return; /* sent twice around a reconnect */
      this.seq = frame.seq;
      this.calls.onFrame(frame);
    };
    source.addEventListener("beat", (event) => {
      const beat = JSON.parse((event as MessageEvent<string>).data) as Beat;
      this.alive();
      this.seq = Math.max(this.seq, beat.seq);
      this.calls.onBeat(beat);
    });
    source.addEventListener("positions", (event) => {
      this.alive();
      this.calls.onPositions(JSON.parse((event as MessageEvent<string>).data) as Positions);
    });
    source.addEventListener("reset", () => {
      this.stop();
      this.calls.onReset();
    });
    source.onerror = this.cut;
  }

  private readonly seen = (): void => {
    clearTimeout(this.hidden);
    if (document.visibilityState === "hidden") this.hidden = setTimeout(() => this.drop(), HIDDEN_MS);
    else if (!this.source) this.connect();
  };

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(this.cut, SILENCE_MS);
  }

  private alive(): void {
    this.attempt = 0;
    this.heard();
    this.calls.onLink("live");
  }

  private readonly cut = (): void => {
    this.drop();
    this.calls.onLink("lost");
    this.calls.onCut();
    const pause = PAUSES_MS[Math.min(this.attempt++, PAUSES_MS.length - 1)] ?? 4000;
    this.pause = setTimeout(this.again, pause * (0.75 + Math.random() / 2));
  };
}
