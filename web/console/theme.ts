/* Dark by default; light for who switches it on, remembered in this browser. */
import { effect, signal } from "@preact/signals";

const STORED = "bellman.theme";

export const light = signal(localStorage.getItem(STORED) === "light");

export function setLight(on: boolean): void {
  light.value = on;
  if (on) localStorage.setItem(STORED, "light");
  else localStorage.removeItem(STORED);
}

export function followTheme(): void {
  effect(() => { document.documentElement.dataset.theme = light.value ? "light" : "dark"; });
}
