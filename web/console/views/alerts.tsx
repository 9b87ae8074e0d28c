/* Alerts out of the house: channels, their secrets, and what did not arrive. */
import { useSignal, type Signal } from "@preact/signals";
import { rows } from "../../shared/board";
import { lang, langNames, langs, t, word } from "../../shared/i18n";
import type { AlertChannelRow } from "../../shared/types";
import { alertEvents, alertForms, alertKinds, type AlertKind } from "../../shared/words";
import { pauseChannel, setChannel, setSecret } from "../actions/alerts";
import { agencyName, may, me, operatorName, say } from "../state";
import { ActionButton } from "../ui/button";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, CheckField, SelectField, TextField, type Option } from "../ui/fields";
import { DeliveryTable, useDeliveries } from "./deliveries";

const texts = [
  "name", "url", "allowed_host", "roles", "recipients", "sender", "username", "headers", "body", "content_type", "status_url",
  "id_member", "status_member", "done_words", "failed_words",
] as const;
const flags = ["citizens", "personal", "no_handshake"] as const;
const MINUTE_MS = 60_000;

const agencies = (): Option[] =>
  [...rows("agency").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.name }));
const stations = (): Option[] =>
  [...rows("place").values()].filter((each) => each.kind === "station").map((each) => ({ value: each.id, text: each.name }));
const channels = (): AlertChannelRow[] => [...rows("alert_channel").values()].sort((a, b) => Number(a.id) - Number(b.id));

/* A form's values are texts: flags are "yes" or "". */
function valuesOf(row: AlertChannelRow | undefined): Values {
  const values: Values = {
    kind: row?.kind ?? "webhook", jurisdiction: row?.jurisdiction ?? me.value?.jurisdiction ?? "", station: row?.station ?? "",
    form: row?.form ?? "text", language: row?.language ?? lang.value, inactive: row && !row.active ? "yes" : "",
    keep_trying: row?.keep_trying_ms ? String(row.keep_trying_ms / MINUTE_MS) : "",
  };
  for (const name of texts) values[name] = row?.[name] ?? "";
  for (const name of flags) values[name] = row?.[name] ? "yes" : "";
  const chosen = new Set((row?.events ?? "").split(" "));
  for (const event of alertEvents) values[`event_${event}`] = chosen.has(event) ? "yes" : "";
  return values;
}

function bodyOf(values: Values): Record<string, string | number | boolean> {
  const body: Record<string, string | number | boolean> = {
    kind: values.kind ?? "", jurisdiction: values.jurisdiction ?? "", form: values.form ?? "text", language: values.language ?? "",
    events: alertEvents.filter((event) => values[`event_${event}`] === "yes").join(" "), inactive: values.inactive === "yes",
  };
  for (const name of texts) body[name] = values[name]?.trim() ?? "";
  for (const name of flags) body[name] = values[name] === "yes";
  if (values.station) body.station = values.station;
  if (values.keep_trying?.trim()) body.keep_trying_ms = Math.round(Number(values.keep_trying) * MINUTE_MS);
  return body;
}

function Gateway() {
  return (
    <>
      <AreaField name="headers" label={t("alerts.headers")} rows={2} />
      <AreaField name="body" label={t("alerts.body")} rows={2} />
      <TextField name="content_type" label={t("alerts.content_type")} />
      <TextField name="status_url" label={t("alerts.status_url")} wide />
      {(["id_member", "status_member", "done_words", "failed_words"] as const).map((name) => (
        <TextField key={name} name={name} label={t(`alerts.${name}`)} />
      ))}
    </>
  );
}

function Fields({ kind }: { kind: AlertKind }) {
  const people = kind === "mail" || kind === "sms";
  return (
    <>
      {people && <TextField name="recipients" label={t("alerts.recipients")} hint={t("alerts.recipients_hint")} wide />}
      {people && <CheckField name="citizens" label={t("alerts.citizens")} />}
      {kind === "mail" && <TextField name="sender" label={t("alerts.sender")} required />}
      {kind === "mail" && <TextField name="username" label={t("alerts.username")} />}
      {kind === "sms" && <Gateway />}
      {(kind === "webhook" || kind === "station") && <AreaField name="headers" label={t("alerts.headers")} rows={2} />}
      {kind === "webhook" && <CheckField name="no_handshake" label={t("alerts.no_handshake")} />}
      {kind === "station" && (
        <>
          <SelectField name="form" label={t("alerts.form")} options={alertForms.map((value) => ({ value, text: word("alert_form", value) }))} />
          <TextField name="content_type" label={t("alerts.content_type")} />
        </>
      )}
      {kind !== "webhook" && (
        <SelectField name="language" label={t("alerts.language")} options={langs.map((value) => ({ value, text: langNames[value] }))} />
      )}
      {kind !== "station" && (
        <fieldset class="wide">
          <legend>{t("alerts.events")}</legend>
          {alertEvents.map((event) => <CheckField key={event} name={`event_${event}`} label={word("alert_event", event)} />)}
        </fieldset>
      )}
      {kind !== "station" && <TextField name="roles" label={t("alerts.roles")} hint={t("alerts.roles_hint")} wide />}
    </>
  );
}

function ChannelForm({ row, onDone }: { row: AlertChannelRow | undefined; onDone: () => void }) {
  const form = useForm(`alerts/${row ? `${row.id} ${row.version}` : "new"}`, valuesOf(row));
  const values = form.values.value;
  const submit = async (): Promise<void> => {
    const keep = Number(values.keep_trying || "1");
    if (!(keep > 0)) {
      form.wrong.value = { keep_trying: t("code.out-of-range") };
      return;
    }
    const body = bodyOf(values);
    if (!(await form.submit((key) => setChannel.perform(undefined, { body, id: row?.id ?? null, version: row?.version ?? 0 }, key)))) return;
    say(t("alerts.saved", { what: String(body.name) }));
    onDone();
  };
  return (
    <FormBox form={form} id="alert-form" label={t(row ? "alerts.edit" : "alerts.add")} submit={t("alerts.save")} onSubmit={submit}
      more={row && <button type="button" class="quiet" onClick={onDone}>{t("alerts.new")}</button>}
    >
      <SelectField name="kind" label={t("alerts.kind")} options={alertKinds.map((value) => ({ value, text: word("alert_kind", value) }))} />
      <TextField name="name" label={t("alerts.name")} required />
      <TextField name="url" label={t("alerts.url")} hint={t("alerts.url_hint")} required wide />
      <SelectField name="jurisdiction" label={t("alerts.jurisdiction")} options={agencies()} />
      <SelectField name="station" label={t("alerts.station")} empty={t("app.none")} options={stations()} />
      <Fields kind={values.kind as AlertKind} />
      <TextField name="allowed_host" label={t("alerts.allowed_host")} hint={t("alerts.allowed_host_hint")} />
      <TextField name="keep_trying" label={t("alerts.keep_trying")} />
      <CheckField name="personal" label={t("alerts.personal")} />
      <CheckField name="inactive" label={t("alerts.inactive")} />
    </FormBox>
  );
}

function SecretForm() {
  const form = useForm("alerts/secret", { channel: "", secret: "" }, { keeps: false });
  const submit = async (): Promise<void> => {
    const { channel = "", secret = "" } = form.values.value;
    if (!channel || !secret) {
      form.wrong.value = { [channel ? "secret" : "channel"]: t("code.missing-field") };
      return;
    }
    if (await form.submit(() => setSecret.perform(channel, { secret }))) say(t("alerts.saved", { what: t("alerts.secret") }));
  };
  return (
    <FormBox form={form} id="alert-secret-form" label={t("alerts.set_secret")} submit={t("alerts.set_secret")} onSubmit={submit}>
      <SelectField name="channel" label={t("alerts.secret_of")} empty="–" options={channels().map((each) => ({ value: each.id, text: each.name }))} required />
      <TextField name="secret" type="password" label={t("alerts.secret")} hint={t("alerts.secret_hint")} autocomplete="new-password" required />
    </FormBox>
  );
}

function Channel({ row, editing }: { row: AlertChannelRow; editing: Signal<string> }) {
  return (
    <li data-channel={row.id} data-off={row.off ?? ""}>
      <strong>{row.name}</strong> · {word("alert_kind", row.kind)} · {agencyName(row.jurisdiction)} · <span class="quiet-text">{row.url}</span>
      {row.personal && <span class="unverified"> · {t("alerts.is_personal", { who: operatorName(row.personal_by) })}</span>}
      {row.has_secret && <span class="quiet-text"> · {t("alerts.has_secret")}</span>}
      {!row.active && <span class="quiet-text"> · {t("alerts.is_off")}</span>}
      {row.paused && <strong> · {t("alerts.is_paused")}</strong>}{" "}
      <ActionButton
        action={pauseChannel} subject={row} args={undefined} text={t(row.paused ? "alerts.go_on" : "alerts.pause")}
        label={`${t(row.paused ? "alerts.go_on" : "alerts.pause")}: ${row.name}`} quiet
      />
      {may("admin") && (
        <button type="button" class="quiet" aria-label={`${t("alerts.edit")}: ${row.name}`} onClick={() => { editing.value = row.id; }}>
          {t("alerts.edit")}
        </button>
      )}
      {row.off === "gone" && <p class="problem" role="alert">{t("alerts.is_gone")}</p>}
    </li>
  );
}

export function Alerts() {
  const editing = useSignal("");
  const stuck = useDeliveries("stuck=1").value;
  const row = rows("alert_channel").get(editing.value);
  return (
    <main class="admin">
      <h1>{t("alerts.title")}</h1>
      <div class="admin-grid">
        <section class="panel wide-panel" aria-labelledby="stuck-title">
          <h2 id="stuck-title">{t("alerts.stuck")} <span class="count">{stuck?.length ?? 0}</span></h2>
          {stuck?.length ? <DeliveryTable rows={stuck} label={t("alerts.stuck")} withCase /> : <p class="empty">{t(stuck ? "alerts.no_stuck" : "app.loading")}</p>}
        </section>
        <section class="panel wide-panel" aria-labelledby="channels-title">
          <h2 id="channels-title">{t("alerts.channels")} <span class="count">{rows("alert_channel").size}</span></h2>
          {rows("alert_channel").size === 0 && <p class="empty">{t("alerts.none")}</p>}
          <ul class="plain">{channels().map((each) => <Channel key={each.id} row={each} editing={editing} />)}</ul>
        </section>
        {setChannel.predicate() && (
          <section class="panel" aria-labelledby="alert-form-title">
            <h2 id="alert-form-title">{row ? `${t("alerts.edit")}: ${row.name}` : t("alerts.add")}</h2>
            <ChannelForm key={row ? `${row.id} ${row.version}` : "new"} row={row} onDone={() => { editing.value = ""; }} />
          </section>
        )}
        {setSecret.predicate("") && (
          <section class="panel" aria-labelledby="alert-secret-title">
            <h2 id="alert-secret-title">{t("alerts.set_secret")}</h2>
            <SecretForm />
          </section>
        )}
      </div>
    </main>
  );
}
