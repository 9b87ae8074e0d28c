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

/* Into the first field of a form that has just appeared, unless somebody was quicker: what they type must not land
 * elsewhere. */
export function focusFirst(form: string): void {
  focusIn(`${form} input, ${form} select`, `${form} :focus`);
}
