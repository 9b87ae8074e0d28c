/* Own data in files: what can be imported, the preview of a file, and taking it in. */
import { ask, change, upload } from "../shared/api";
import { lang, t, texts, type Key } from "../shared/i18n";

export interface ColumnInfo { key: string; hans: string; hant: string; required: boolean; example: string; words: string[] }
export interface KindInfo { kind: string; csv: boolean; geojson: boolean; columns: ColumnInfo[] }
export interface Kinds { file_bytes_max: number; file_rows_max: number; changed_rows_max: number; kinds: KindInfo[] }

export const verdicts = ["wrong", "new", "change", "same"] as const;
export type Verdict = (typeof verdicts)[number];
export interface PreviewRow {
  row: number; verdict: Verdict; key: string; changes?: string; column?: string; detail?: string; reason?: string; value?: string;
}
export interface Preview {
  kind: string; digest: string; charset: string; form: string; separator: string; ready: boolean; obstacle: string; obstacle_reason: string;
  counts: { rows: number; new: number; change: number; same: number; wrong: number };
  rows: PreviewRow[];
}
export interface Link { number: string; path: string }
export interface Secret { device: string; protocol: string; identity: string; secret: string }
export interface Taken { new: number; changed: number; same: number; links: Link[]; secrets?: Secret[] }

export const askKinds = (): Promise<Kinds> => ask<Kinds>("/v1/imports");

/* A file's media type follows from its name: the desk takes no other. */
export const mediaType = (name: string): string => (/\.(geo)?json$/i.test(name) ? "application/geo+json" : "text/csv");

export const preview = (kind: string, file: File): Promise<Preview> =>
  upload<Preview>(`/v1/imports/${kind}`, file, mediaType(file.name));

export const takeIn = (kind: string, file: File, digest: string, key?: string): Promise<Taken> =>
  change<Taken>({
    path: `/v1/imports/${kind}/apply?digest=${digest}`, body: file, type: mediaType(file.name), label: t("data.taking", { file: file.name }),
    ...(key ? { key } : {}),
  });

/* A column as the language of the page calls it, of a kind or of any. */
export function columnName(kinds: readonly KindInfo[], kind: string, key: string): string {
  const column = kinds.find((each) => each.kind === kind)?.columns.find((each) => each.key === key);
  if (!column || lang.value === "en") return key;
  return lang.value === "zh-Hans" ? column.hans : column.hant;
}

/* The same of what stands against the whole file. */
export function obstacleText(seen: Preview): { text: string; own: boolean } {
  const key = `data.wrong_${seen.obstacle_reason}`;
  return key in texts.en ? { text: t(key as Key), own: true } : { text: seen.obstacle, own: false };
}

/* Why a row is wrong, in the page's language; the desk's own sentence where it has no word for it. */
export function reasonText(row: PreviewRow, kinds: readonly KindInfo[], kind: string): { text: string; own: boolean } {
  const key = `data.wrong_${row.reason ?? ""}`;
  const words = kinds.find((each) => each.kind === kind)?.columns.find((each) => each.key === row.column)?.words ?? [];
  const more = row.reason === "word" && words.length ? ` ${t("data.words", { words: words.join(", ") })}` : "";
  if (row.reason && key in texts.en) return { text: t(key as Key, { value: row.value ?? "" }) + more, own: true };
  return { text: row.detail ?? "", own: false };
}
