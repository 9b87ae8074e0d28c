/* One client for the API.  `ask` reads; `change` asks the desk for something: it carries an
 * Idempotency-Key and repeats with the same one while the desk cannot be reached, so that nothing is
 * done twice and nothing is dropped in silence.  What waits is in `pending`, which the page shows. */
import { signal } from "@preact/signals";
import type { Id } from "./types";

export interface Problem {
  status: number; code: string; field: string; detail: string;
  unit?: Id; case?: Id; operator?: Id; at_ms?: number; version?: number;
}

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

export interface Pending {
  id: number; label: string; since: number; waiting: boolean; reason: string;
  retry: () => void; giveUp: () => void;
}

export const pending = signal<readonly Pending[]>([]);
/* Called on every 401, so that the page can ask for a log-in without losing what is on it. */
export const onLoggedOut: { call: () => void } = { call: () => {} };

const ATTEMPT_MS = 15_000;
const UPLOAD_MS = 120_000;
const PAUSES_MS = [300, 700, 1500, 3000, 5000];

export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function unreachable(detail: string): Refusal {
  return new Refusal({ status: 0, code: "unreachable", field: "", detail });
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.code === "string") return { field: "", detail: "", ...body, status: response.status, code: body.code };
  } catch {
    /* Not from the desk (a proxy's page, perhaps): told by its status below. */
  }
  const code = response.status >= 500 ? "unreachable" : "bad-request";
  return { status: response.status, code, field: "", detail: `HTTP ${response.status}` };
}

/* A text or a file goes as it is, under the media type that `headers` give it; everything else as JSON. */
async function once<T>(
  method: string, path: string, body: unknown, headers: Record<string, string>, attemptMs = ATTEMPT_MS,
): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    init.body = typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body);
    init.headers = { "Content-Type": "application/json", ...init.headers };
  }
  init.signal = AbortSignal.timeout(attemptMs);
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    throw unreachable(error instanceof Error ? error.message : String(error));
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && path !== "/v1/sessions") onLoggedOut.call();
    throw new Refusal(problem);
  }
  try {
    const text = await response.text();
    return (text ? JSON.parse(text) : {}) as T;
  } catch (error) {
    throw unreachable(error instanceof Error ? error.message : String(error));
  }
}

/* Whether the same request may succeed later without anybody changing anything. */
export function isPassing(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status === 408 ||
    problem.status === 502 || problem.status === 503 || problem.status === 504;
}

export function ask<T>(path: string): Promise<T> {
  return once<T>("GET", path, undefined, {});
}

/* A whole file that the desk is to read and say something about; nothing is changed by it, so it has no key and is not
 * repeated by itself. */
export function upload<T>(path: string, file: Blob, type: string): Promise<T> {
  return once<T>("POST", path, file, { "Content-Type": type }, UPLOAD_MS);
}

export interface Change {
  method?: "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
  type?: string; /* the media type of a body that is a text or a file */
  ifMatch?: number;
  key?: string;
  label: string; /* what the operator is waiting for, in words */
}

let counter = 0;

function edit(id: number, change: Partial<Pending>): void {
  pending.value = pending.value.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
}

export async function change<T>(request: Change): Promise<T> {
  const id = ++counter;
  let wake: () => void = () => {};
  let givenUp = false;
  const entry: Pending = {
    id, label: request.label, since: Date.now(), waiting: false, reason: "",
    retry: () => wake(),
    giveUp: () => { givenUp = true; wake(); },
  };
  pending.value = [...pending.value, entry];
  const headers: Record<string, string> = { "Idempotency-Key": request.key ?? newKey() };
  if (request.type) headers["Content-Type"] = request.type;
  if (request.ifMatch !== undefined) headers["If-Match"] = `"${request.ifMatch}"`;
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        const ms = request.body instanceof Blob ? UPLOAD_MS : ATTEMPT_MS;
        return await once<T>(request.method ?? "POST", request.path, request.body ?? {}, headers, ms);
      } catch (error) {
        if (!(error instanceof Refusal) || !isPassing(error.problem)) throw error;
        if (givenUp) throw error;
        edit(id, { waiting: true, reason: error.problem.detail });
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]);
          wake = () => { clearTimeout(timer); resolve(); };
        });
        if (givenUp) throw error;
      }
    }
  } finally {
    pending.value = pending.value.filter((other) => other.id !== id);
  }
}

/* The desk can be reached again: what waits is tried at once. */
export function retryPending(): void {
  for (const entry of pending.value) if (entry.waiting) entry.retry();
}

/* Log-in and log-out are no commands: no key, no repeats. */
export function plain<T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> {
  return once<T>(method, path, body, {});
}

/* null when the desk is away or refuses: for what the page asks by itself and shows as it was until it gets an answer. */
export async function tryAsk<T>(path: string): Promise<T | null> {
  try {
    return await ask<T>(path);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}
