/* Puts the focus on an element once it is on the page (a view may have to be drawn first).  Whoever has gone into
 * another field meanwhile keeps it: what they type must not land elsewhere. */
export function focusIn(selector: string): void {
  const before = document.activeElement;
  let tries = 0;
  const look = (): void => {
    const now = document.activeElement;
    if (now && now !== before && now !== document.body) return;
    const found = document.querySelector<HTMLElement>(selector);
    if (found) found.focus();
    else if (tries++ < 20) setTimeout(look, 25);
  };
  setTimeout(look, 0);
}
