/* Sending once.  What is typed is kept as a draft with the key under which it was sent, so that a double click, a
 * reload and a lost answer all end in the same one request (shared/api.ts repeats it with that key while the desk is
 * away).  After a clear refusal nothing has happened, and the draft is free to be changed again; while it is not known
 * whether it arrived, changing it would make a second one, and the form says so. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { change, newKey, pending, Refusal, type Pending, type Problem } from "../shared/api";
import { dropDraft, readDraft, writeDraft, type Draft } from "../shared/drafts";

const WHO = "public";
export type Values = Record<string, string>;

export interface Form {
  name: string;
  values: Values;
  set: (field: string, value: string) => void;
  setAll: (values: Values) => void;
  kept: boolean; /* the browser keeps what is typed */
  busy: boolean;
  waiting: Pending | null; /* sent, and tried again and again */
  unsure: boolean; /* sent before, and no answer came */
  locked: boolean; /* busy or unsure: not to be changed */
  problem: Problem | null;
  refuse: (problem: Problem | null) => void;
  send: (path: string, body: unknown) => Promise<Record<string, unknown> | null>;
  sentBody: () => unknown; /* of what was sent without an answer; null when there is none */
  free: () => void;
  drop: () => void;
}

const underWay = signal<readonly string[]>([]);

export function useForm(name: string, empty: Values): Form {
  const [draft, setDraft] = useState<Draft>(() => readDraft(WHO, name) ?? { values: {}, at: Date.now() });
  const [kept, setKept] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const busy = underWay.value.includes(name);
  const waiting = pending.value.find((each) => each.label === name && each.waiting) ?? null;
  const unsure = !busy && draft.sent !== undefined;

  function keep(next: Draft): void {
    setDraft(next);
    setKept(writeDraft(WHO, name, next));
  }

  async function send(path: string, body: unknown): Promise<Record<string, unknown> | null> {
    if (underWay.peek().includes(name)) return null;
    const sent = `${path} ${JSON.stringify(body)}`;
    /* As it is kept, not as this page remembers it: it may have been sent from another tab. */
    const before = readDraft(WHO, name);
    const key = before?.sent === sent && before.key ? before.key : draft.sent === sent && draft.key ? draft.key : newKey();
    const marked = { values: draft.values, at: Date.now(), key, sent };
    underWay.value = [...underWay.value, name];
    setProblem(null);
    keep(marked);
    try {
      const answer = await change<Record<string, unknown>>({ path, body, key, label: name });
      dropDraft(WHO, name);
      setDraft({ values: {}, at: Date.now() });
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status } = error.problem;
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) keep({ values: marked.values, at: marked.at });
      if (status !== 0) setProblem(error.problem);
      return null;
    } finally {
      underWay.value = underWay.value.filter((each) => each !== name);
    }
  }

  return {
    name, kept, busy, waiting, unsure, problem, send,
    values: { ...empty, ...draft.values },
    locked: busy || unsure,
    setAll: (values) => keep({ ...draft, values: { ...draft.values, ...values }, at: Date.now() }),
    sentBody: () => (unsure && draft.sent ? (JSON.parse(draft.sent.slice(draft.sent.indexOf(" ") + 1)) as unknown) : null),
    set: (field, value) => {
      if (problem?.field === field) setProblem(null); /* it is being mended */
      keep({ ...draft, values: { ...draft.values, [field]: value }, at: Date.now() });
    },
    refuse: setProblem,
    free: () => keep({ values: draft.values, at: Date.now() }),
    drop: () => {
      dropDraft(WHO, name);
      setDraft({ values: {}, at: Date.now() });
      setProblem(null);
    },
  };
}

/* A complaint of the page itself, in the shape of the desk's. */
export const complaint = (field: string, code: string): Problem => ({ status: 400, code, field, detail: "" });
