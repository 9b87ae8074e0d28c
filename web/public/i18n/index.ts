/* The words of the public page: en.ts is the list, the others have exactly its keys (checked by the types and by
 * a test).  `{name}` in a text is a place for a value.  What procedures say comes from the desk in all three. */
import { signal } from "@preact/signals";
import { firstLang, keepLang, type Lang } from "../../shared/lang";
import { en } from "./en";
import { zhHans } from "./zh_hans";
import { zhHant } from "./zh_hant";

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;
export type Label = Partial<Record<Lang, string>>;

export const texts: Record<Lang, Texts> = { "zh-Hans": zhHans, "zh-Hant": zhHant, en };
export const lang = signal<Lang>(firstLang());

export function setLang(next: Lang): void {
  lang.value = next;
  keepLang(next);
}

export function t(key: Key, values?: Record<string, string | number>): string {
  const text = texts[lang.value][key];
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/* The text of a word of the API; the word itself when this page is older than the desk. */
export function word(list: string, value: string): string {
  const key = `${list}.${value}`;
  return key in en ? t(key as Key) : value;
}

/* A label of a procedure in the page's language, else in any it has. */
export function say(label: Label | null | undefined): string {
  if (!label) return "";
  return label[lang.value] ?? label["zh-Hans"] ?? label["zh-Hant"] ?? label.en ?? "";
}
