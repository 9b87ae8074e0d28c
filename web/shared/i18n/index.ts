/* Three languages, one set of keys: en.ts is the list, the others must have exactly its keys (checked by the
 * types and by a test).  `{name}` in a text is a place for a value. */
import { signal } from "@preact/signals";
import { en } from "./en";
import { zhHans } from "./zh_hans";
import { zhHant } from "./zh_hant";

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;
export type Lang = "zh-Hans" | "zh-Hant" | "en";

export const texts: Record<Lang, Texts> = { "zh-Hans": zhHans, "zh-Hant": zhHant, en };
export const langs: readonly Lang[] = ["zh-Hans", "zh-Hant", "en"];
/* Each language by its own name, whatever the page speaks. */
export const langNames: Record<Lang, string> = { "zh-Hans": "简体中文", "zh-Hant": "繁體中文", en: "English" };

const STORED = "bellman.lang";

export function langOf(tags: readonly string[]): Lang {
  for (const tag of tags) {
    const lower = tag.toLowerCase();
    if (lower.startsWith("en")) return "en";
    if (!lower.startsWith("zh")) continue;
    return /hant|-tw|-hk|-mo/.test(lower) ? "zh-Hant" : "zh-Hans";
  }
  return "en";
}

function initial(): Lang {
  if (typeof localStorage === "undefined") return "en";
  const stored = localStorage.getItem(STORED) as Lang | null;
  return stored && langs.includes(stored) ? stored : langOf(navigator.languages);
}

export const lang = signal<Lang>(initial());

export function setLang(next: Lang): void {
  lang.value = next;
  try {
    localStorage.setItem(STORED, next);
  } catch {
    /* Then it holds until the page is left. */
  }
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
