import { useLayoutEffect } from "preact/hooks";

/* Puts the focus on an element once it is on the page (a view may have to be drawn first). */
export function focusIn(selector: string, unless?: string): void {
  let tries = 0;
  const look = (): void => {
    if (unless && document.querySelector(unless)) return;
    const found = document.querySelector<HTMLElement>(selector);
    if (found) found.focus();
    else if (tries++ < 20) setTimeout(look, 25);
  };
  setTimeout(look, 0);
}

/* Into the first field of a form that stands there, unless somebody is in it.  At once: a focus that comes later would
 * bring back whoever has left the field by then, and make text of the keys they press. */
export function focusFirst(form: string): void {
  if (document.querySelector(`${form} :focus`)) return;
  document.querySelector<HTMLElement>(`${form} input, ${form} select`)?.focus();
}

/* The same for a form as it appears: before anything is painted, once. */
export function useFocusFirst(form: string): void {
  useLayoutEffect(() => focusFirst(form), []);
}
