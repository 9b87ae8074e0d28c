/* Paper: while the browser prints, the page holds what is printed (views/printed.tsx) and is laid out for it. */
import { effect, signal } from "@preact/signals";
import { sheetProblem, sheetWhole } from "./sheet_model";
import { shownCase } from "./state";

/* When printing began; null: nobody prints. */
export const printingSince = signal<number | null>(null);

function begin(): void {
  printingSince.value ??= Date.now();
}
function end(): void {
  printingSince.value = null;
}

/* Once the case on the screen is here whole, or it is known why it is not, or another is shown (false): what is asked to be printed
 * right after a case was opened must not come out without it.  With no case on the screen there is nothing to wait for. */
export function readyToPrint(): Promise<boolean> {
  const id = shownCase.peek();
  return new Promise((resolve) => {
    const stop = effect(() => {
      const same = shownCase.value === id;
      if (same && id !== null && sheetWhole.value !== id && !sheetProblem.value) return;
      queueMicrotask(() => stop());
      resolve(same);
    });
  });
}

export function followPrinting(): void {
  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
  /* Where a page is printed without a window, only its medium changes. */
  matchMedia("print").addEventListener("change", (event) => (event.matches ? begin() : end()));
}
