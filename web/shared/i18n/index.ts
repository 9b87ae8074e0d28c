/* Three languages, one set of keys: en.ts is the list, the others must have exactly its keys (checked by the
 * types and by a test).  `{name}` in a text is a place for a value. */
import { signal } from "@preact/signals";
import { en } from "./en";
import { zhHans } from "./zh_hans";
import { zhHant } from "./zh_hant";
import { type Lang, firstLang, keepLang } from "../lang";

export { type Lang, langOf, langNames, langs } from "../lang";

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;

export const texts: Record<Lang, Texts> = { "zh-Hans": zhHans, "zh-Hant": zhHant, en };

export const lang = signal<Lang>(firstLang());

export function setLang(next: Lang): void {
  lang.value = next;
  keepLang(next);
}

export type Values = Record<string, string | number>;

export function t(key: Key, values?: Values): string {
  const text = texts[lang.value][key];
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/* The text of a word of the API, such as a state; the word itself when this page is older than the desk. */
export function word(list: string, value: string | null | undefined): string {
  if (!value) return "–";
  const key = `${list}.${value}`;
  return key in en ? t(key as Key) : value;
}
