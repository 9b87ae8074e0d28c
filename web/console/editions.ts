/* The contents of editions, from which comes every word that is shown of a matter.  One never changes: it is fetched
 * once, when something that goes by it is first shown. */
import { effect, signal, untracked } from "@preact/signals";
import { Refusal, ask } from "../shared/api";
import { row, rows } from "../shared/board";
import { lang, word } from "../shared/i18n";
import { clockText, eventText, fieldText, inWords, roleText, stateText, type Content } from "../shared/procedure";
import type { EditionAnswer, EditionRow, Id } from "../shared/types";
import { incident } from "../shared/words";
import { boardLoads } from "./state";

const contents = signal<ReadonlyMap<Id, Content>>(new Map());
const asked = new Set<Id>();

/* A refusal goes to whoever needs it now. */
export async function loadContent(id: Id): Promise<Content> {
  const before = contents.peek().get(id);
  if (before) return before;
  const { content } = await ask<EditionAnswer>(`/v1/editions/${id}`);
  contents.value = new Map(contents.peek()).set(id, content);
  return content;
}

async function fetchContent(id: Id): Promise<void> {
  try {
    await loadContent(id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; /* asked again with the next board; names stand in meanwhile */
  }
}

export function contentOf(edition: Id | null | undefined): Content | undefined {
  if (!edition) return undefined;
  const found = contents.value.get(edition);
  if (!found && !asked.has(edition)) {
    asked.add(edition);
    void fetchContent(edition);
  }
  return found;
}

export function followEditions(): void {
  effect(() => {
    boardLoads.value;
    untracked(() => { for (const id of [...asked]) if (!contents.peek().has(id)) asked.delete(id); });
  });
}

export function editionTitle(edition: EditionRow): string {
  if (lang.value === "en") return edition.title_en || edition.name;
  return (lang.value === "zh-Hans" ? edition.title_hans : edition.title_hant) || edition.title_en || edition.name;
}

export function procedureTitle(edition: Id, procedure: string): string {
  const published = row("edition", edition);
  return published ? editionTitle(published) : inWords(contentOf(edition)?.title, lang.value, procedure);
}

/* The procedures that matters can be opened under now. */
export const openable = (): EditionRow[] =>
  [...rows("edition").values()].filter((each) => each.kind === "procedure" && each.current && each.name !== incident)
    .sort((a, b) => Number(a.example) - Number(b.example) || a.name.localeCompare(b.name));

/* Whom one waits for or measures: by the role, where only one is of that body ("the writer"), else by the body. */
function whomText(content: Content | undefined, body: string): string {
  const roles = Object.values(content?.roles ?? {}).filter((role) => role.body === body);
  return roles.length === 1 ? inWords(roles[0]?.label, lang.value, body) : word("body", body);
}

/* Names in the language of the page, by the edition that a matter goes by. */
export function namesOf(edition: Id | null | undefined) {
  const content = contentOf(edition), to = lang.value;
  return {
    content,
    state: (name: string): string => stateText(content, name, to),
    role: (name: string): string => roleText(content, name, to),
    event: (name: string): string => eventText(content, name, to),
    clock: (name: string): string => clockText(content, name, to),
    field: (name: string): string => fieldText(content, name, to),
    whom: (body: string): string => whomText(content, body),
    word: (field: string, value: string): string => inWords(content?.fields?.[field]?.words?.[value], to, value),
  };
}
export type Names = ReturnType<typeof namesOf>;
