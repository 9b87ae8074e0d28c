/* What is written in the command line, looked up on the board. */
import { classByCode, row, unitByCallSign } from "../../shared/board";
import { lang, t, texts, type Key } from "../../shared/i18n";
import type { CaseRow, ClassRow, UnitRow } from "../../shared/types";
import { Wrong } from "./action";

export function needCase(id: string): CaseRow {
  const found = /^\d+$/.test(id) ? row("case", id) : undefined;
  if (!found) throw new Wrong(t("command.no_case", { id }));
  return found;
}

export function needUnit(callSign: string): UnitRow {
  const found = unitByCallSign.value.get(callSign.toLowerCase());
  if (!found) throw new Wrong(t("command.no_unit", { unit: callSign }));
  return found;
}

export function className(row: ClassRow): string {
  if (lang.value === "zh-Hans") return row.name_hans || row.name_en || row.code;
  if (lang.value === "zh-Hant") return row.name_hant || row.name_en || row.code;
  return row.name_en || row.code;
}

export function classText(code: string): string {
  const found = classByCode.value.get(code);
  return found ? className(found) : code;
}

/* Capabilities are a plan's own words: those that are known here are translated. */
export function capability(name: string): string {
  const key = `capability.${name}`;
  return key in texts.en ? t(key as Key) : name.replaceAll("_", " ");
}

/* By code, or by the beginning of its name in any language. */
export function needClass(text: string): ClassRow {
  const lower = text.toLowerCase();
  for (const each of classByCode.value.values()) if (each.code.toLowerCase() === lower) return each;
  for (const each of classByCode.value.values()) {
    const names = [each.code, each.name_en, each.name_hans, each.name_hant];
    if (each.active && names.some((name) => name.toLowerCase().startsWith(lower))) return each;
  }
  throw new Wrong(t("command.no_class", { text }));
}

/* "D 12 A-101 A-102" -> ["12", "A-101 A-102"] */
export function split(rest: string): [string, string] {
  const text = rest.trim();
  const at = text.search(/\s/);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at).trim()];
}

/* A word of the API or its text in the language of the page. */
export function findWord(words: readonly string[], given: string, text: (word: string) => string): string | undefined {
  const lower = given.toLowerCase().replace(/[\s-]+/g, "_");
  return words.find((word) => word === lower || text(word).toLowerCase() === given.toLowerCase())
    ?? (lower.length > 1 ? words.find((word) => word.startsWith(lower)) : undefined);
}

export { position } from "../../shared/geo";
