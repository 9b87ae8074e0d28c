/* The case on the sheet.  Opening it is a look, which the desk records; so it is fetched once, and then
 * followed through the frames of the stream.  Only what frames do not carry - new entries, personal text that
 * somebody edited - is fetched again, and only when a frame says that there is some. */
import { batch, effect, signal, untracked } from "@preact/signals";
import { ask, Refusal, type Problem } from "../shared/api";
import type { CaseRow, Frame, Id, Sheet, Timeline, TimelineEvent } from "../shared/types";
import { incident } from "../shared/words";
import { boardLoads, expired, go, onFrame, shownCase, shownRecord } from "./state";

export const sheet = signal<Sheet | null>(null);
export const timeline = signal<readonly TimelineEvent[]>([]);
export const sheetProblem = signal<Problem | null>(null);
/* The case whose sheet and timeline are both here: only then is it printed. */
export const sheetWhole = signal<Id | null>(null);

const LATER_MS = 250;
let fetching = 0; /* counts, so that a late answer of an earlier case is dropped */
let later: ReturnType<typeof setTimeout> | undefined;

/* Of the case or matter that is shown.  A long one comes in parts, and the newest of it last. */
export async function fetchTimeline(id: Id, from: number): Promise<void> {
  for (let more = true; more;) {
    const answer = await ask<Timeline>(`/v1/cases/${id}/timeline?from=${from}`);
    if (shownRecord.peek() !== id) return;
    const known = new Set(timeline.peek().map((event) => event.seq));
    timeline.value = [...timeline.peek(), ...answer.events.filter((event) => !known.has(event.seq))];
    from = answer.events.at(-1)?.seq ?? from;
    more = answer.more && answer.events.length > 0;
  }
}

export async function fetchSheet(): Promise<void> {
  const id = shownCase.peek();
  const turn = ++fetching;
  if (!id) return;
  try {
    const answer = await ask<Sheet>(`/v1/cases/${id}`);
    if (turn !== fetching) return;
    if (answer.case.procedure !== incident) return go(`/matter/${id}`, { instead: true });
    batch(() => {
      sheet.value = answer;
      sheetProblem.value = null;
    });
    await fetchTimeline(id, timeline.peek().at(-1)?.seq ?? 0);
    if (shownCase.peek() === id) sheetWhole.value = id;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (turn === fetching && error.problem.status !== 401) sheetProblem.value = error.problem;
  }
}

/* A case from a frame has its address only; the rest of what was said is as it was. */
function withPersonal(next: CaseRow, before: CaseRow): CaseRow {
  if (next.erased_at_ms !== null || !next.personal) return next;
  return { ...next, personal: { ...before.personal, ...next.personal } };
}

function merged<T extends { id: Id }>(list: T[], next: readonly T[]): T[] {
  if (next.length === 0) return list;
  const byId = new Map(list.map((each) => [each.id, each]));
  for (const each of next) byId.set(each.id, each);
  return [...byId.values()];
}

/* What of the timeline a frame makes: everything on the case but looks. */
function follow(frame: Frame): void {
  const now = sheet.peek();
  const id = shownCase.peek();
  if (!now || !id || now.case.id !== id) return;
  const up = frame.upsert ?? {};
  const row = up.case?.find((each) => each.id === id);
  const mine = <T extends { case: Id | null }>(list: readonly T[] | undefined): T[] =>
    (list ?? []).filter((each) => each.case === id);
  const contacts = mine(up.contact), assignments = mine(up.assignment), clocks = mine(up.clock), links = mine(up.link);
  if (!row && !contacts.length && !assignments.length && !clocks.length && !links.length) return;
  const contactsNow = contacts.map((next) => {
    const before = now.contacts.find((each) => each.id === next.id);
    return { ...next, personal: before?.personal ?? next.personal };
  });
  sheet.value = {
    seq: frame.seq,
    case: row ? withPersonal(row, now.case) : now.case,
    contacts: merged(now.contacts, contactsNow),
    assignments: merged(now.assignments, assignments),
    clocks: merged(now.clocks, clocks),
    links: merged(now.links, links),
  };
  const edited = !!row && row.version !== now.case.version;
  clearTimeout(later);
  later = setTimeout(() => void catchUp(id, edited), LATER_MS);
}

async function catchUp(id: Id, edited: boolean): Promise<void> {
  if (shownCase.peek() !== id) return;
  const from = timeline.peek().at(-1)?.seq ?? 0;
  try {
    await fetchTimeline(id, from);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; /* the next frame or reconnect tries again */
    return;
  }
  const fresh = timeline.peek().filter((event) => event.seq > from).map((event) => event.kind);
  const texts = ["case_changed", "sealed_set", "erased", "case_merged", "contact_attached"];
  if (edited && fresh.some((kind) => texts.includes(kind))) await fetchSheet();
}

export function followSheet(): void {
  onFrame(follow);
  effect(() => {
    shownCase.value;
    batch(() => {
      sheet.value = null;
      timeline.value = [];
      sheetProblem.value = null;
      sheetWhole.value = null;
    });
    untracked(() => void fetchSheet());
  });
  /* After a reset or a new log-in, frames may have been missed. */
  effect(() => {
    if (boardLoads.value > 1 && !expired.value) untracked(() => void fetchSheet());
  });
}
