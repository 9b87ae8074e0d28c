/* What the citizen can do now.  A button opens a form or a question; only the second press does it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { say, t } from "../i18n";
import type { Choice, PublicCase } from "../model";
import { Card, FieldEntry, fieldValues, ProblemBox, SendState } from "../parts";
import { complaint, useForm } from "../sending";

const labelOf = (choice: Choice): string => (choice.label ? say(choice.label) : choice.event === "reopen" ? t("act.reopen") : choice.event);

interface ActProps { choice: Choice; matter: PublicCase; code: string; close: () => void; done: () => Promise<void> }

function Act({ choice, matter, code, close, done }: ActProps) {
  /* By the matter's number, not its code: a code is a key, and drafts stay on the device. */
  const form = useForm(`act.${matter.reference}.${choice.event}`, {});
  const box = useRef<HTMLFormElement>(null);
  const labels = Object.fromEntries(choice.fields.map((field) => [field.name, say(field.label)]));
  const sure = choice.fields.length === 0 || choice.event === "withdraw";
  useEffect(() => {
    box.current?.querySelector<HTMLElement>("h3")?.focus();
  }, []);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const read = fieldValues(form, choice.fields);
    if ("code" in read) {
      form.refuse(complaint(read.field, read.code));
      return;
    }
    const body = form.sentBody() ?? { event: choice.event, fields: read.values };
    if (await form.send(`/public/cases/${encodeURIComponent(code)}/events`, body)) await done();
  }
  return (
    <form class="form act" data-act={choice.event} ref={box} onSubmit={(event) => void submit(event)} noValidate>
      <h3 tabIndex={-1}>{labelOf(choice)}</h3>
      {choice.event === "reopen" && <p>{t("act.reopen.more")}</p>}
      {sure && <p><strong>{t("act.sure")}</strong>{choice.event === "withdraw" && ` ${t("act.withdraw.more")}`}</p>}
      <ProblemBox problem={form.problem} labels={labels} />
      {choice.fields.map((field) => <FieldEntry key={field.name} form={form} field={field} labels={labels} />)}
      <SendState form={form} />
      <p class="row">
        {!form.unsure && (
          <button class={choice.event === "withdraw" ? "grave" : "main"} type="submit" aria-disabled={form.busy}>
            {form.busy ? t("write.sending") : sure ? t("act.sure.yes", { label: labelOf(choice) }) : t("act.send")}
          </button>
        )}
        {!form.busy && <button type="button" onClick={close}>{t("act.cancel")}</button>}
      </p>
    </form>
  );
}

export function Acts({ matter, code, again }: { matter: PublicCase; code: string; again: () => Promise<void> }) {
  const [open, setOpen] = useState<string | null>(null);
  const [said, setSaid] = useState(false);
  const buttons = useRef<HTMLDivElement>(null);
  const choice = matter.choices.find((each) => each.event === open);
  /* What is waited for stands open at once. */
  const first = matter.waiting_for_you ? matter.choices.find((each) => each.fields.length > 0)?.event ?? null : null;
  useEffect(() => { setOpen(first); }, [first]);
  function close(): void {
    const event = open;
    setOpen(null);
    requestAnimationFrame(() => buttons.current?.querySelector<HTMLElement>(`[data-choice="${event}"]`)?.focus());
  }
  async function done(): Promise<void> {
    setOpen(null);
    setSaid(true);
    await again();
    document.querySelector<HTMLElement>("main h1")?.focus();
  }
  return (
    <Card title={t("follow.do")} name="do">
      <div role="status">{said && <p class="notice good" data-done>{t("act.done")}</p>}</div>
      {matter.choices.length === 0 && !said && <p>{t("follow.do.none")}</p>}
      {choice && <Act key={choice.event} choice={choice} matter={matter} code={code} close={close} done={done} />}
      <div class="row" ref={buttons}>
        {matter.choices.filter((each) => each !== choice).map((each) => (
          <button key={each.event} type="button" data-choice={each.event} onClick={() => { setOpen(each.event); setSaid(false); }}>{labelOf(each)}</button>
        ))}
      </div>
    </Card>
  );
}
