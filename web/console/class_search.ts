/* Finding a class: by code, by name in any language, by what callers say; and proposing one while the
 * description is typed.  Pure. */
import type { ClassRow } from "../shared/types";

const SUGGESTED_MAX = 3;

const names = (row: ClassRow): string[] => [row.name_en, row.name_hans, row.name_hant].filter(Boolean);

/* What callers say, in all languages: a crew may type in any of them. */
function callersWords(row: ClassRow): string[] {
  return [row.words_en, row.words_hans, row.words_hant].join(" ").toLowerCase().split(/\s+/).filter(Boolean);
}

const isLatin = (text: string): boolean => /^[\p{Script=Latin}\d'’-]+$/u.test(text);

/* How well `text` names the class; 0: not at all. */
function fit(row: ClassRow, text: string): number {
  const code = row.code.toLowerCase();
  if (code === text) return 9;
  const all = names(row).map((name) => name.toLowerCase());
  if (all.includes(text)) return 8;
  if (code.startsWith(text)) return 7;
  if (all.some((name) => name.startsWith(text))) return 6;
  if (all.some((name) => name.split(/\s+/).some((part) => part.startsWith(text)))) return 5;
  const said = callersWords(row);
  if (said.includes(text)) return 4;
  if (said.some((word) => word.startsWith(text))) return 3;
  if (all.some((name) => name.includes(text)) || code.includes(text)) return 2;
  return said.some((word) => !isLatin(word) && text.includes(word)) ? 1 : 0;
}

/* Best first, then by priority and code; without a text all of them. */
export function searchClasses(classes: Iterable<ClassRow>, typed: string): ClassRow[] {
  const text = typed.trim().toLowerCase();
  return [...classes].filter((row) => row.active)
    .map((row) => ({ row, fit: text ? fit(row, text) : 1 })).filter((each) => each.fit > 0)
    .sort((a, b) => b.fit - a.fit || a.row.priority - b.row.priority || a.row.code.localeCompare(b.row.code))
    .map((each) => each.row);
}

/* The class that this text names beyond doubt: its code or a whole name. */
export function exactClass(classes: Iterable<ClassRow>, typed: string): ClassRow | undefined {
  const text = typed.trim().toLowerCase();
  const all = [...classes].filter((row) => row.active);
  return all.find((row) => row.code.toLowerCase() === text)
    ?? all.find((row) => names(row).some((name) => name.toLowerCase() === text));
}

export interface Suggestion { row: ClassRow; words: string[] }

/* Parts of callers' phrases ("not breathing") that say nothing by themselves. */
const empty = new Set("a an and at for has have in is it no not of off on one or out the to was with".split(" "));

/* "没人受伤" is heard, and says that it is not so. */
function isSaid(word: string, text: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/(?:没有?|沒有?|无|無)人?$/.test(text.slice(0, at))) return true;
  }
  return false;
}

/* Which of `said` the text holds.  Latin words must stand by themselves, or begin a longer one from four letters
 * on ("burn" in "burning"); Chinese has no gaps, so there it is enough that the text contains them. */
function heard(said: string[], text: string, tokens: readonly string[]): string[] {
  return said.filter((word) => !empty.has(word) && (isLatin(word)
    ? tokens.some((token) => token === word || (word.length >= 4 && token.startsWith(word)))
    : word.length > 1 && isSaid(word, text)));
}

/* Classes whose callers' words (or names) the description holds, most of them first; of equals the one that is
 * told of first. */
export function suggestClasses(classes: Iterable<ClassRow>, description: string): Suggestion[] {
  const text = description.toLowerCase();
  const tokens = text.match(/[\p{Script=Latin}\d'’-]+/gu) ?? [];
  const weight = (each: Suggestion): number =>
    each.words.reduce((sum, word) => sum + (isLatin(word) ? 2 : Math.min(4, word.length)), 0);
  const first = (each: Suggestion): number => Math.min(...each.words.map((word) => text.indexOf(word)));
  return [...classes].filter((row) => row.active)
    .map((row) => {
      const said = [...callersWords(row), ...names(row).map((name) => name.toLowerCase())];
      return { row, words: [...new Set(heard(said, text, tokens))] };
    })
    .filter((each) => each.words.length > 0)
    .sort((a, b) => weight(b) - weight(a) || first(a) - first(b) || a.row.priority - b.row.priority || a.row.code.localeCompare(b.row.code))
    .slice(0, SUGGESTED_MAX);
}
