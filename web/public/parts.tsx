/* Pieces of every form and page. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../shared/api";
import { say, t, type Key } from "./i18n";
import { bytesOf, type FieldDef } from "./model";
import type { Form } from "./sending";

/* The sentence of a refusal, with its mend.  `labels` names fields as the form does. */
export function problemText(problem: Problem, labels: Record<string, string>): string {
  const label = labels[problem.field] ?? problem.field;
  switch (problem.code) {
    case "empty": return t("problem.empty", { label });
    case "choose": return t("problem.choose", { label });
    case "number": return t("problem.number", { label });
    case "too-long": return t("problem.too_long", { label });
    case "no-code": return t("problem.code");
    case "missing-field": return problem.field === "text" ? t("problem.text") : t("problem.empty", { label });
    case "not-found": return t(problem.field === "procedure" ? "write.gone" : "problem.unknown");
    case "bad-request": return problem.field === "code" ? t("problem.code") : t("problem.other", { detail: problem.detail });
    case "conflict": case "not-possible": case "forbidden": case "stale-version": return t("problem.changed");
    case "key-reused": return t("problem.reused");
    case "too-many-requests": return t("problem.many");
    case "no-space": case "overloaded": case "not-ready": return t("problem.full");
    case "unreachable": return t("problem.reach");
    default:
      return problem.field in labels
        ? t("problem.field", { label, detail: problem.detail })
        : t("problem.other", { detail: problem.detail });
  }
}

/* Takes the focus when it appears, so that it is heard and seen; names the field, whose own fault stands there too. */
export function ProblemBox({ problem, labels }: { problem: Problem | null; labels: Record<string, string> }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem) box.current?.focus();
  }, [problem]);
  if (!problem) return null;
  return (
    <div class="notice bad" role="alert" tabIndex={-1} ref={box} data-problem={problem.code}>
      <strong>{t("problem.title")}</strong>
      <p>{problemText(problem, labels)}</p>
      {problem.field in labels && <p><a href={`#${problem.field}`} onClick={(event) => toField(event, problem.field)}>{labels[problem.field]}</a></p>}
    </div>
  );
}

/* The fragment is the receipt's code: a link to a field must not take its place. */
function toField(event: Event, field: string): void {
  event.preventDefault();
  const box = (event.currentTarget as Element).closest("form") ?? document;
  const first = box.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`);
  first?.focus();
}

interface EntryProps {
  form: Form; name: string; label: string; labels: Record<string, string>; hint?: string; rows?: number; type?: string; mode?: "text" | "tel" | "numeric";
  complete?: string; required?: boolean; max?: number;
}

export function Entry({ form, name, label, labels, hint, rows, type = "text", mode = "text", complete = "off", required, max }: EntryProps) {
  const id = `${form.name}.${name}`;
  const value = form.values[name] ?? "";
  const fault = form.problem?.field === name ? form.problem : null;
  const used = max ? bytesOf(value) : 0;
  const near = max !== undefined && used > 0.8 * max;
  const told = [hint && `${id}.hint`, near && `${id}.left`, fault && `${id}.fault`].filter(Boolean).join(" ");
  const common = {
    id, name, value, readOnly: form.locked, autocomplete: complete, "aria-required": required ?? false, "aria-invalid": !!fault,
    ...(told ? { "aria-describedby": told } : {}),
    onInput: (event: Event) => form.set(name, (event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value),
  };
  return (
    <div class="entry">
      <label for={id}>{label}{required && <span class="needed"> ({t("act.required")})</span>}</label>
      {hint && <p class="hint" id={`${id}.hint`}>{hint}</p>}
      {fault && <p class="fault" id={`${id}.fault`}>{problemText(fault, labels)}</p>}
      {rows ? <textarea {...common} rows={rows} /> : <input {...common} type={type} inputMode={mode} />}
      {near && <p class="hint" id={`${id}.left`}>{t("write.left", { count: Math.max(0, max - used) })}</p>}
    </div>
  );
}

interface RadiosProps {
  form: Form; name: string; legend: string; labels: Record<string, string>; options: { value: string; label: string; more?: string }[];
}

export function Radios({ form, name, legend, labels, options }: RadiosProps) {
  const fault = form.problem?.field === name ? form.problem : null;
  const id = `${form.name}.${name}`;
  return (
    <fieldset class="entry" aria-describedby={fault ? `${id}.fault` : undefined}>
      <legend>{legend}</legend>
      {fault && <p class="fault" id={`${id}.fault`}>{problemText(fault, labels)}</p>}
      {options.map((option) => (
        <label class="radio" key={option.value}>
          <input type="radio" name={name} value={option.value} checked={form.values[name] === option.value} disabled={form.locked}
            onChange={() => form.set(name, option.value)} />
          <span>{option.label}{option.more && <small>{option.more}</small>}</span>
        </label>
      ))}
    </fieldset>
  );
}

/* A field of a procedure, by its type. */
export function FieldEntry({ form, field, labels }: { form: Form; field: FieldDef; labels: Record<string, string> }) {
  const label = say(field.label);
  if (field.type === "yes_no") {
    const options = [{ value: "true", label: t("act.yes") }, { value: "false", label: t("act.no") }];
    return <Radios form={form} name={field.name} legend={label} labels={labels} options={options} />;
  }
  if (field.words) {
    const options = field.words.map((each) => ({ value: each.word, label: say(each.label) }));
    return <Radios form={form} name={field.name} legend={label} labels={labels} options={options} />;
  }
  const common = { form, name: field.name, label, labels, required: true };
  if (field.type === "integer") return <Entry {...common} mode="numeric" />;
  if (field.type === "date") return <Entry {...common} type="date" />;
  return <Entry {...common} rows={5} max={16000} />;
}

/* What goes to the desk for them, or the first field that does not hold. */
export function fieldValues(form: Form, fields: FieldDef[]): { values: Record<string, unknown> } | { field: string; code: string } {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const text = (form.values[field.name] ?? "").trim();
    const chosen = field.type === "yes_no" || field.words !== undefined;
    if (!text) return { field: field.name, code: chosen ? "choose" : "empty" };
    if (field.type === "integer" && !/^-?\d{1,15}$/.test(text)) return { field: field.name, code: "number" };
    if (bytesOf(text) > 16000) return { field: field.name, code: "too-long" };
    values[field.name] = field.type === "integer" ? Number(text) : field.type === "yes_no" ? text === "true" : text;
  }
  return { values };
}

/* Not sent: waiting for the desk, or nobody knows. */
export function SendState({ form }: { form: Form }) {
  const { waiting, unsure } = form;
  const kind = waiting ? "waiting" : unsure ? "unsure" : null;
  const box = useRef<HTMLDivElement>(null);
  /* Also after a reload, when the page stands at its top: nobody may think that it was sent. */
  useEffect(() => {
    if (kind) box.current?.scrollIntoView({ block: "center" });
  }, [kind]);
  return (
    <div aria-live="polite" ref={box}>
      {kind && (
        <div class="notice warn" data-unsent={kind}>
          <strong>{t(`send.${kind}`)}</strong>
          <p>{t(`send.${kind}.more` as Key)}</p>
          {waiting && (
            <p class="row">
              <button type="button" class="main" onClick={() => waiting.retry()}>{t("send.retry")}</button>
              <button type="button" onClick={() => waiting.giveUp()}>{t("send.stop")}</button>
            </p>
          )}
          {unsure && (
            <>
              <p class="row"><button type="submit" class="main">{t("send.retry")}</button></p>
              <p class="row"><button type="button" onClick={() => form.free()}>{t("send.change")}</button> <small>{t("send.change.more")}</small></p>
            </>
          )}
        </div>
      )}
      {!form.kept && <p class="notice warn">{t("write.not_kept")}</p>}
    </div>
  );
}

export function Card({ title, children, name, kind = "" }: { title: string; children: ComponentChildren; name: string; kind?: string }) {
  return (
    <section class={`card ${kind}`} data-card={name} aria-labelledby={`card.${name}`}>
      <h2 id={`card.${name}`}>{title}</h2>
      {children}
    </section>
  );
}

/* A text as it was written, line by line. */
export function Words({ text }: { text: string }) {
  return <p class="words">{text}</p>;
}
