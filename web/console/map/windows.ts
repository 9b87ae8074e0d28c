/* The map may stand in a window of its own, on a second screen.  What is chosen in one window is then done in the
 * other: a click on an incident shows it on the desk, the desk's shown incident is flown to on the map, and a form
 * of the desk that wants a place gets the click. */
import { computed, effect, signal } from "@preact/signals";
import type { Id } from "../../shared/types";
import { go, path, shownCase } from "../state";
import { picking } from "./picking";

type Message =
  | { kind: "hello" } /* a map window has opened: who is there says what is shown */
  | { kind: "state"; shown: Id | null; picking: boolean }
  | { kind: "show"; id: Id }
  | { kind: "showing"; id: Id }
  | { kind: "picked"; lat: number; lon: number };

const ANSWER_MS = 400;
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("bellman.map");
const send = (message: Message): void => channel?.postMessage(message);

export const isMapWindow = computed(() => path.value === "/map");
const deskShown = signal<Id | null>(null);
const deskPicks = signal(false);
let waiting: { id: Id; timer: ReturnType<typeof setTimeout> } | null = null;

/* The incident that the map points out. */
export const shownOnMap = computed(() => shownCase.value ?? (isMapWindow.value ? deskShown.value : null));
/* Somebody, here or in the desk's window, wants a place. */
export const wantsPlace = computed(() => picking.value !== null || (isMapWindow.value && deskPicks.value));

export function givePlace(lat: number, lon: number): void {
  if (picking.value) picking.value.want(lat, lon);
  else send({ kind: "picked", lat, lon });
}

/* In the desk's window when there is one, else here. */
export function showFromMap(id: Id): void {
  const to = `/case/${id}`;
  if (!isMapWindow.value || !channel) return go(to);
  if (waiting) clearTimeout(waiting.timer);
  waiting = { id, timer: setTimeout(() => { waiting = null; go(to); }, ANSWER_MS) };
  send({ kind: "show", id });
}

function heard(message: Message): void {
  if (isMapWindow.value) {
    if (message.kind === "state") {
      deskShown.value = message.shown;
      deskPicks.value = message.picking;
    } else if (message.kind === "showing" && waiting?.id === message.id) {
      clearTimeout(waiting.timer);
      waiting = null;
    }
    return;
  }
  if (message.kind === "hello") tell();
  else if (message.kind === "picked") picking.value?.want(message.lat, message.lon);
  else if (message.kind === "show") {
    send({ kind: "showing", id: message.id });
    go(`/case/${message.id}`);
  }
}

const tell = (): void => send({ kind: "state", shown: shownCase.peek(), picking: picking.peek() !== null });

if (channel) {
  channel.onmessage = (event: MessageEvent<Message>) => heard(event.data);
  effect(() => {
    const state: Message = { kind: "state", shown: shownCase.value, picking: picking.value !== null };
    send(isMapWindow.value ? { kind: "hello" } : state);
  });
}
