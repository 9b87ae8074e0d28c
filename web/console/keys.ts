/* Single keys.  They work only where nothing is typed and can be switched off (WCAG 2.1.4). */
import { signal } from "@preact/signals";
import type { Key } from "../shared/i18n";
import { keyed } from "./actions/registry";
import { currentContact, offers } from "./offers";
import { expired, go, me, path, query, shownCase, shownMatter } from "./state";
import { attachTo } from "./views/similar";

const STORED = "bellman.keys";

export const singleKeys = signal(localStorage.getItem(STORED) !== "off");

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  localStorage.setItem(STORED, on ? "on" : "off");
}

/* Keys of the page itself; those of actions stand with the actions. */
export const pageKeys: readonly { key: string; text: Key }[] = [
  { key: "/", text: "key.command" },
  { key: "?", text: "key.help" },
  { key: "↓ ↑", text: "key.next" },
  { key: "j k", text: "key.next_matter" },
  { key: "Esc", text: "key.escape" },
];

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && target.type !== "checkbox";
}

function moveInList(step: number): boolean {
  const links = [...document.querySelectorAll<HTMLElement>("[data-case-link], [data-matter-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return false;
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  return true;
}

/* The list of matters can be walked from wherever one is. */
const onMattersBoard = (): boolean => document.querySelector(".panel.matters") !== null;

function stepInMatters(step: number): boolean {
  if (!moveInList(step)) document.querySelector<HTMLElement>("[data-matter-link]")?.focus();
  return true;
}

function backToBoard(): void {
  const id = shownCase.value, matter = shownMatter.value;
  go(matter || path.value === "/matters/new" ? `/matters${query.value.includes("board=") ? query.value : ""}` : "/");
  const link = matter ? `[data-matter="${matter}"] [data-matter-link]` : id && `[data-case="${id}"] [data-case-link]`;
  if (link) document.querySelector<HTMLElement>(link)?.focus();
}

/* On the attach page a digit picks the case with that number in the list. */
function pickOffer(n: number): boolean {
  const offer = offers.value[n - 1];
  const contact = currentContact();
  if (offer && contact && contact.case === null) void attachTo(contact, offer.id);
  return true;
}

function pressed(event: KeyboardEvent): boolean {
  if (event.key === "ArrowDown") return moveInList(1);
  if (event.key === "ArrowUp") return moveInList(-1);
  if (event.key === "Escape") {
    backToBoard();
    return true;
  }
  if (!singleKeys.value) return false;
  if (event.key === "/") {
    document.querySelector<HTMLElement>("[data-command]")?.focus();
    return true;
  }
  if (onMattersBoard() && (event.key === "j" || event.key === "k")) return stepInMatters(event.key === "j" ? 1 : -1);
  if (event.key === "?") {
    go("/help");
    return true;
  }
  if (path.value === "/attach" && /^[1-9]$/.test(event.key)) return pickOffer(Number(event.key));
  const found = keyed.find((each) => each.key === event.key.toLowerCase());
  if (event.repeat) return !!found; /* a key that is held does it once */
  found?.press();
  return !!found;
}

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!me.value || expired.value || event.isComposing) return;
    if (isTyping(event.target)) {
      /* Out of the field, so that the single keys work; what was typed stays. */
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (pressed(event)) event.preventDefault();
  });
}
