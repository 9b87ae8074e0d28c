/* Where the visitor is.  A receipt's code stands in the fragment only: browsers do not send that part, so it is in no
 * log of a server on the way. */
import { signal } from "@preact/signals";

export type Route =
  | { view: "start" | "verify" | "lost" }
  | { view: "write"; procedure: string }
  | { view: "receipt" | "follow" | "locate"; code: string };

export function routeOf(path: string, fragment: string): Route {
  const code = safelyDecoded(fragment.replace(/^#/, ""));
  const parts = path.split("/").filter((part) => part);
  if (parts[0] === "follow" && parts.length === 1) return { view: "follow", code };
  if (parts[0] === "locate" && parts.length === 1) return { view: "locate", code };
  if (parts[0] !== "public") return { view: "lost" };
  if (parts.length === 1) return { view: "start" };
  if (parts[1] === "write" && parts[2] && parts.length === 3) return { view: "write", procedure: safelyDecoded(parts[2]) };
  if (parts.length > 2) return { view: "lost" };
  if (parts[1] === "follow" || parts[1] === "receipt") return { view: parts[1], code };
  return { view: parts[1] === "verify" ? "verify" : "lost" };
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; /* half an escape: looked at as it stands */
  }
}

const here = (): Route => routeOf(location.pathname, location.hash);

export const route = signal<Route>(here());
/* Counts moves, so that the page knows when to bring the visitor to its heading. */
export const moves = signal(0);

function follow(): void {
  route.value = here();
  moves.value++;
}

export function go(address: string): void {
  history.pushState(null, "", address);
  follow();
  window.scrollTo(0, 0);
}

export function listenToMoves(): void {
  window.addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[data-in]");
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    go(link.pathname + link.hash);
  });
}

export const followAddress = (code: string): string => `/follow#${encodeURIComponent(code)}`;
export const receiptAddress = (code: string): string => `/public/receipt#${encodeURIComponent(code)}`;
export const writeAddress = (procedure: string): string => `/public/write/${encodeURIComponent(procedure)}`;
