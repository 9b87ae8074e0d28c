/* Drafts: what an operator has typed and not yet sent, kept by operator and form in this browser, so that a
 * reload or a restart of the desk loses no keystroke.  Kept with the key under which it was last sent: sent
 * again unchanged, it is the same request and cannot be carried out twice. */

export interface Draft { values: Record<string, string>; at: number; key?: string; sent?: string }

const PREFIX = "bellman.draft.";
const KEEP_MS = 7 * 24 * 60 * 60 * 1000;

const nameOf = (operator: string, form: string): string => `${PREFIX}${operator}.${form}`;

export function readDraft(operator: string, form: string): Draft | null {
  try {
    const text = localStorage.getItem(nameOf(operator, form));
    return text ? (JSON.parse(text) as Draft) : null;
  } catch {
    return null;
  }
}

/* False when the browser would not keep it (storage full or forbidden): the page then says so. */
export function writeDraft(operator: string, form: string, draft: Draft): boolean {
  try {
    localStorage.setItem(nameOf(operator, form), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(operator: string, form: string): void {
  try {
    localStorage.removeItem(nameOf(operator, form));
  } catch {
    /* Then there was none. */
  }
}

/* Old drafts hold personal text that nobody came back for. */
export function dropOldDrafts(now: number): void {
  for (let i = localStorage.length - 1; i >= 0; i--) {
    const name = localStorage.key(i);
    if (!name?.startsWith(PREFIX)) continue;
    try {
      const draft = JSON.parse(localStorage.getItem(name) ?? "") as Draft;
      if (now - draft.at <= KEEP_MS) continue;
    } catch {
      /* Not readable: of no use to anybody. */
    }
    localStorage.removeItem(name);
  }
}
