/* Paper: while the browser prints, the page holds what is printed (views/printed.tsx) and is laid out for it. */
import { signal } from "@preact/signals";

/* When printing began; null: nobody prints. */
export const printingSince = signal<number | null>(null);

function begin(): void {
  printingSince.value ??= Date.now();
}
function end(): void {
  printingSince.value = null;
}

export function followPrinting(): void {
  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
  /* Where a page is printed without a window, only its medium changes. */
  matchMedia("print").addEventListener("change", (event) => (event.matches ? begin() : end()));
}
