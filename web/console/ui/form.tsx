/* Forms: values that are a draft from the first keystroke, and fields that belong to them. */
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext, useId, useMemo } from "preact/hooks";
import { newKey, Refusal, type Problem } from "../../shared/api";
import { dropDraft, readDraft, writeDraft } from "../../shared/drafts";
import { t } from "../../shared/i18n";
import { operatorId, say } from "../state";
import { ProblemBox } from "./problem";

export type Values = Record<string, string>;

export interface Form {
  name: string;
  values: Signal<Values>;
  dirty: ReadonlySignal<boolean>;
  busy: Signal<boolean>;
  problem: Signal<Problem | null>;
  /* The page's own objections, by field, before anything is sent. */
  wrong: Signal<Record<string, string>>;
  set(field: string, value: string): void;
  /* What became known later, for fields that nobody has typed into; it is no draft. */
  prefill(values: Values): void;
  reset(values?: Values): void;
  /* Runs `perform` with the key of these values; the draft goes only when it was accepted.  Then the form begins anew, with
   * `next` where it is given; what was typed while this was on its way stays. */
  submit(perform: (key: string) => Promise<unknown>, next?: Values): Promise<boolean>;
}

const secret = new Set(["password", "token", "secret"]);
/* What an edit began with (see edit_model.ts): part of the draft, nothing that was typed. */
const hidden = new Set(["base"]);

function withoutSecrets(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([field]) => !secret.has(field)));
}

/* `keeps: false` for what must not lie about in a browser, and would be no use there: log-ins. */
export function useForm(name: string, initial: Values, { keeps } = { keeps: true }): Form {
  const who = operatorId.value;
  const values = useSignal<Values>({});
  const start = useMemo(() => ({ initial }), [who, name]);
  useMemo(() => {
    const draft = keeps ? readDraft(who, name) : null;
    values.value = { ...initial, ...(draft?.values ?? {}) };
  }, [who, name]);
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const wrong = useSignal<Record<string, string>>({});
  const dirty = useComputed(() =>
    keeps && Object.entries(values.value).some(([field, value]) => !hidden.has(field) && value !== (start.initial[field] ?? "")),
  );

  const keep = (key?: string, sent?: string): void => {
    if (!keeps) return;
    const clean = withoutSecrets(values.value);
    const before = readDraft(who, name);
    const draft = { values: clean, at: Date.now(), key: key ?? before?.key ?? "", sent: sent ?? before?.sent ?? "" };
    if (!writeDraft(who, name, draft)) say(t("save.draft_failed"), true);
  };
  const reset = (next?: Values): void => {
    if (next) start.initial = next;
    values.value = { ...start.initial };
    problem.value = null;
    wrong.value = {};
    dropDraft(who, name);
  };
  const accept = (asked: Values, next?: Values): void => {
    const later = Object.entries(values.value).filter(([field, value]) => value !== (asked[field] ?? "") && value !== (start.initial[field] ?? ""));
    reset(next);
    if (!later.length) return;
    values.value = { ...values.value, ...Object.fromEntries(later) };
    keep();
  };
  return {
    name, values, dirty, busy, problem, wrong, reset,
    prefill(known) {
      const free = Object.entries(known).filter(([field]) => !values.value[field]);
      start.initial = { ...start.initial, ...Object.fromEntries(free) };
      values.value = { ...values.value, ...Object.fromEntries(free) };
    },
    set(field, value) {
      values.value = { ...values.value, [field]: value };
      if (wrong.value[field]) wrong.value = { ...wrong.value, [field]: "" };
      keep();
    },
    async submit(perform, next) {
      if (busy.value) return false;
      busy.value = true;
      problem.value = null;
      const asked = values.value, sent = JSON.stringify(withoutSecrets(asked));
      const before = keeps ? readDraft(who, name) : null;
      const key = before?.key && before.sent === sent ? before.key : newKey();
      keep(key, sent);
      try {
        await perform(key);
        accept(asked, next);
        return true;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        problem.value = error.problem;
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

const FormContext = createContext<Form | null>(null);

export function useFormOf(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("a field stands outside a form");
  return form;
}

interface FormProps {
  form: Form;
  label: string;
  onSubmit: () => unknown;
  submit: string;
  children: ComponentChildren;
  more?: ComponentChildren;
  onReload?: () => void;
  nameOf?: (field: string) => string | undefined;
  id?: string;
}

const problemId = (form: Form): string => `problem-${form.name.replace(/\W/g, "-")}`;

/* A form with its draft mark, its problem and its button. */
export function FormBox({ form, label, onSubmit, submit, children, more, onReload, nameOf, id }: FormProps) {
  return (
    <FormContext.Provider value={form}>
      <form
        class="form"
        id={id}
        aria-label={label}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void onSubmit();
        }}
      >
        {children}
        <ProblemBox problem={form.problem.value} onReload={onReload} nameOf={nameOf} id={problemId(form)} />
        <div class="form-end">
          <button type="submit" class="main" aria-disabled={form.busy.value}>
            {submit}
          </button>
          {more}
          {form.dirty.value && <span class="draft-mark">{t("save.draft")}</span>}
        </div>
      </form>
    </FormContext.Provider>
  );
}

export interface FieldProps {
  name: string;
  label: string;
  hint?: string;
  required?: boolean;
}

/* Label, control, hint and objection, tied together for screen readers. */
export function useField({ name, hint, required }: FieldProps) {
  const form = useFormOf();
  const id = useId();
  const fault = form.wrong.value[name] ?? "";
  const refused = form.problem.value?.field === name;
  const describedBy = [hint ? `${id}-hint` : "", fault ? `${id}-fault` : "", refused ? problemId(form) : ""]
    .filter(Boolean).join(" ");
  const control = {
    id,
    name,
    "aria-invalid": fault || refused ? true : undefined,
    "aria-describedby": describedBy || undefined,
    "aria-required": required ? true : undefined,
  } as const;
  return { form, id, fault, control, value: form.values.value[name] ?? "" };
}
