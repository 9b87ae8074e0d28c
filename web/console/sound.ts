/* Sound for what needs a person now (alarms.ts decides what): made by the browser itself, no files.
 * A browser makes no sound before somebody has touched the page, so the page asks for it and shows when it is
 * blocked or muted; whatever sounds is always seen as well. */
import { computed, effect, signal } from "@preact/signals";
import { clockOfContact, row, rows } from "../shared/board";
import { t } from "../shared/i18n";
import { now } from "../shared/time";
import { acknowledged, repeatMs, soundOf, stillSilenced, unheard, type AlarmKind, type Cause, type Silenced } from "./alarms";
import { callSign, expired, link, maySend, mayTake, me } from "./state";

/* --- what there is to be heard ------------------------------------------------------------------------------- */

const LOST_AFTER_MS = 3000; /* a reconnect within that is nobody's business */
const lostSince = signal<number | null>(null);

function contactCauses(): Cause[] {
  if (!mayTake()) return [];
  const open = [...rows("contact").values()];
  const due = (id: string): number => clockOfContact.value.get(id)?.due_at_ms ?? Infinity;
  /* What is written may wait until its clock has run out; what rings may not. */
  return open.filter((each) => each.state === "ringing" || (each.state === "waiting" && due(each.id) < now.value))
    .map((each) => ({ id: `contact/${each.id}`, kind: "ring", since: each.received_at_ms ?? now.value }));
}

/* Assignments whose unit should have acknowledged by now. */
export const unacknowledged = computed(() => {
  const late = new Map<string, number>();
  for (const clock of rows("clock").values()) {
    if (clock.kind !== "acknowledge" || !clock.assignment || clock.due_at_ms === null) continue;
    if (clock.due_at_ms < now.value && row("assignment", clock.assignment)?.state === "assigned") {
      late.set(clock.assignment, clock.due_at_ms);
    }
  }
  return late;
});

export const causes = computed<readonly Cause[]>(() => {
  if (!me.value) return [];
  const all: Cause[] = contactCauses();
  if (maySend()) {
    for (const [id, since] of unacknowledged.value) all.push({ id: `assignment/${id}`, kind: "beep", since });
  }
  for (const each of rows("duress").values()) {
    all.push({ id: `duress/${each.id}`, kind: "alarm", since: each.raised_at_ms ?? now.value, holds: true });
  }
  if (maySend()) {
    for (const each of rows("check_in").values()) {
      if (each.rang_at_ms !== null) all.push({ id: `check_in/${each.id}/${each.rang_at_ms}`, kind: "alarm", since: each.rang_at_ms });
    }
  }
  const lost = lostSince.value;
  if (lost !== null && now.value - lost >= LOST_AFTER_MS && !expired.value) {
    all.push({ id: `link/${lost}`, kind: "alarm", since: lost });
  }
  return all;
});

export function causeText(cause: Cause): string {
  const id = cause.id.split("/")[1] ?? "";
  if (cause.kind === "ring") return t("sound.contact", { id });
  if (cause.id.startsWith("duress/")) return t("sound.duress", { unit: row("duress", id)?.call_sign ?? "" });
  if (cause.id.startsWith("check_in/")) return t("sound.check_in", { unit: callSign(id) });
  if (cause.kind === "alarm") return t("sound.lost");
  const assignment = row("assignment", id);
  return t("sound.unacknowledged", { unit: callSign(assignment?.unit ?? null), id: assignment?.case ?? "" });
}

/* --- what is silenced -------------------------------------------------------------------------------------------- */

const silenced = signal<Silenced>(new Set());
export const unheardCauses = computed(() => unheard(causes.value, silenced.value));
export const sounding = computed<AlarmKind | null>(() => soundOf(causes.value, silenced.value));

/* --- whether it can be heard ---------------------------------------------------------------------------------------- */

export type SoundState = "on" | "muted" | "blocked";
const STORED = "bellman.sound";
const muted = signal(localStorage.getItem(STORED) === "muted");
const running = signal(false);
export const soundState = computed<SoundState>(() => (muted.value ? "muted" : running.value ? "on" : "blocked"));
/* How often each kind has been played, for tests and for whoever doubts it. */
export const played: Record<AlarmKind, number> = { alarm: 0, ring: 0, beep: 0 };
export const playedCount = signal(0);

let context: AudioContext | null = null;

async function wake(): Promise<void> {
  if (typeof AudioContext === "undefined") return; /* the page goes on showing "blocked" */
  context ??= new AudioContext();
  context.onstatechange = () => { running.value = context?.state === "running"; };
  if (context.state !== "running") await context.resume().catch(() => {});
  running.value = context.state === "running";
}

/* Each kind is known by its melody: [Hz, seconds from the beginning, seconds long]. */
const melodies: Record<AlarmKind, readonly (readonly [number, number, number])[]> = {
  ring: [[880, 0, 0.18], [1109, 0.2, 0.18], [880, 0.4, 0.18], [1109, 0.6, 0.18]],
  beep: [[1480, 0, 0.09], [1480, 0.16, 0.09]],
  alarm: [[440, 0, 0.35], [330, 0.4, 0.45]],
};

function play(kind: AlarmKind): void {
  if (!context || soundState.peek() !== "on") return;
  const begin = context.currentTime + 0.02;
  for (const [hz, at, length] of melodies[kind]) {
    const tone = context.createOscillator();
    const loud = context.createGain();
    tone.type = kind === "alarm" ? "sawtooth" : "sine";
    tone.frequency.value = hz;
    /* Up and down softly, or it clicks. */
    loud.gain.setValueAtTime(0, begin + at);
    loud.gain.linearRampToValueAtTime(0.2, begin + at + 0.015);
    loud.gain.setValueAtTime(0.2, begin + at + length - 0.03);
    loud.gain.linearRampToValueAtTime(0, begin + at + length);
    tone.connect(loud).connect(context.destination);
    tone.start(begin + at);
    tone.stop(begin + at + length);
  }
  played[kind]++;
  playedCount.value = playedCount.peek() + 1;
}

export const alarm = {
  acknowledge(): void {
    silenced.value = acknowledged(causes.peek());
  },
  async on(): Promise<void> {
    muted.value = false;
    localStorage.removeItem(STORED);
    await wake();
  },
  mute(): void {
    muted.value = true;
    localStorage.setItem(STORED, "muted");
  },
};

export function startSound(): void {
  void wake(); /* granted at once when the browser trusts this page already */
  /* Any touch of the page is the permission the browser waits for. */
  const touched = (): void => { if (!running.peek()) void wake(); };
  document.addEventListener("pointerdown", touched, true);
  document.addEventListener("keydown", touched, true);
  effect(() => {
    const lost = link.value === "lost" && !!me.value;
    if (!lost) lostSince.value = null;
    else if (lostSince.peek() === null) lostSince.value = now.peek();
  });
  effect(() => { silenced.value = stillSilenced(causes.value, silenced.peek()); });
  let timer: ReturnType<typeof setInterval> | undefined;
  effect(() => {
    const kind = sounding.value;
    const audible = soundState.value === "on";
    clearInterval(timer);
    if (!kind || !audible) return;
    play(kind);
    timer = setInterval(() => play(kind), repeatMs[kind]);
  });
}
