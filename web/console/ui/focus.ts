/* Puts the focus on an element once it is on the page (a view may have to be drawn first). */
export function focusIn(selector: string): void {
  let tries = 0;
  const look = (): void => {
    const found = document.querySelector<HTMLElement>(selector);
    if (found) found.focus();
    else if (tries++ < 20) setTimeout(look, 25);
  };
  setTimeout(look, 0);
}
