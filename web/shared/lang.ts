/* The three languages of every page, and which of them a browser asks for.  Free of texts, so that a small page
 * that has its own does not carry those of the console. */

export type Lang = "zh-Hans" | "zh-Hant" | "en";

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

/* What was chosen on this device before, else what the browser asks for. */
export function firstLang(): Lang {
  if (typeof localStorage === "undefined") return "en";
  try {
    const stored = localStorage.getItem(STORED) as Lang | null;
    if (stored && langs.includes(stored)) return stored;
  } catch {
    /* Storage is forbidden here: the browser's list it is. */
  }
  return langOf(navigator.languages);
}

export function keepLang(lang: Lang): void {
  try {
    localStorage.setItem(STORED, lang);
  } catch {
    /* Then it holds until the page is left. */
  }
}
