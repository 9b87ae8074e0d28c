/* Attaching a contact: the likely cases by number, or any case by its own. */
import { useEffect } from "preact/hooks";
import { row } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { attach } from "../actions/attach";
import { openFor } from "../actions/answer";
import { typed } from "../offers";
import { go, query } from "../state";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";
import { Age } from "./clock";
import { SimilarCases } from "./similar";

export function AttachContact() {
  const id = new URLSearchParams(query.value).get("contact") ?? "";
  const contact = row("contact", id);
  const form = useForm(`contact/${id}/attach`, { case: "" });
  useEffect(() => {
    typed.value = { point: null, class: "" };
    focusIn("#attach-title");
  }, [id]);
  const submit = () => {
    const to = form.values.value.case?.trim() ?? "";
    if (!contact || !to) form.wrong.value = { case: t("code.missing-field") };
    else void form.submit((key) => attach.perform(contact, { case: to }, key)).then((done) => { if (done) go(`/case/${to}`); });
  };
  return (
    <section class="panel sheet" aria-labelledby="attach-title">
      <div class="panel-head">
        <h2 id="attach-title" tabIndex={-1}>{t("attach.title", { id })}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      {!contact && <p class="empty">{t("attach.gone")}</p>}
      {contact && (
        <>
          <p>
            {word("channel", contact.channel)} · {contact.personal?.number ?? contact.line} · <Age since={contact.received_at_ms} />
          </p>
          {contact.personal?.text && <p class="said">{contact.personal.text}</p>}
          {attach.predicate(contact) && <p class="hint">{t("attach.how")}</p>}
          <SimilarCases contact={contact} numbered />
          {attach.predicate(contact) && (
            <FormBox form={form} id="attach-form" label={t("contacts.attach")} submit={t("contacts.attach")} onSubmit={submit}>
              <TextField name="case" label={t("contacts.attach_to")} required />
            </FormBox>
          )}
          {!contact.case && (
            <p><button type="button" onClick={() => openFor(contact)}>{t("attach.open_instead")}</button></p>
          )}
        </>
      )}
    </section>
  );
}
