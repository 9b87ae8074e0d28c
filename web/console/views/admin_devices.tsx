/* Devices of units: what they are called, when they were heard of, how their clocks go; and those that nobody knows yet. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { instant, now, span } from "../../shared/time";
import { deviceProtocols, type DeviceHeard, type DeviceRow, type DevicesHeard, type Id, type UnknownDevice } from "../../shared/types";
import { addDevice, deviceSecret, retireDevice } from "../actions/device";
import { callSign, say } from "../state";
import { sayRefusal } from "../ui/button";
import { SelectField, TextField, type Option } from "../ui/fields";
import { FormBox, useForm } from "../ui/form";

const SHOWN_MAX = 200;

const units = (): Option[] =>
  [...rows("unit").values()].filter((each) => each.active).sort((a, b) => a.call_sign.localeCompare(b.call_sign))
    .map((each) => ({ value: each.id, text: each.call_sign }));

function DeviceForm({ onDone }: { onDone: () => void }) {
  const form = useForm("admin/device", { protocol: "owntracks", identity: "", unit: "" });
  const submit = () =>
    form.submit(async (key) => {
      const { protocol = "", identity = "", unit = "" } = form.values.value;
      await addDevice.perform(undefined, { protocol, identity: identity.trim(), unit }, key);
      say(t("admin.done", { what: identity }));
      onDone();
    });
  return (
    <FormBox form={form} label={t("devices.add")} submit={t("devices.add")} onSubmit={submit} id="device-form">
      <SelectField
        name="protocol" label={t("devices.protocol")}
        options={deviceProtocols.map((value) => ({ value, text: word("device_protocol", value) }))}
      />
      <SelectField name="unit" label={t("devices.unit")} empty="–" options={units()} required />
      <TextField name="identity" label={t("devices.identity")} hint={t("devices.identity_hint")} required wide />
    </FormBox>
  );
}

function Device({ device, heard, onDone }: { device: DeviceRow; heard: DeviceHeard | undefined; onDone: (secret: string) => void }) {
  const secret = () => void (deviceSecret.perform(device, undefined) as Promise<{ secret: string }>)
    .then((reply) => onDone(t("devices.secret_is", { name: device.identity, secret: reply.secret }))).catch(sayRefusal);
  const retire = () => void retireDevice.perform(device, undefined).then(() => onDone("")).catch(sayRefusal);
  const at = heard?.received_at_ms ?? null;
  return (
    <li data-device={device.identity}>
      {word("device_protocol", device.protocol)} · <strong>{device.identity}</strong> · {callSign(device.unit)} ·{" "}
      {!device.active ? t("devices.retired") : at === null ? t("devices.never") : t("devices.heard", { span: span(now.value - at) })}
      {heard?.clock_off && heard.device_at_ms !== null && (
        <span class="unverified"> · {t("position.clock_off")} ({instant(heard.device_at_ms)})</span>
      )}
      {device.active && device.protocol !== "jt808" && heard && !heard.has_secret && <span class="unverified"> · {t("devices.no_secret")}</span>}{" "}
      {deviceSecret.predicate(device) && (
        <button type="button" aria-label={t("devices.secret_of", { name: device.identity })} onClick={secret}>{t("devices.secret")}</button>
      )}{" "}
      {retireDevice.predicate(device) && (
        <button type="button" class="quiet" aria-label={t("devices.retire_one", { name: device.identity })} onClick={retire}>{t("devices.retire")}</button>
      )}
    </li>
  );
}

/* One press adds it to the unit that is chosen beside it. */
function Unknown({ each, onDone }: { each: UnknownDevice; onDone: () => void }) {
  const unit = useSignal<Id>("");
  const add = () => void addDevice.perform(undefined, { protocol: each.protocol, identity: each.identity, unit: unit.value })
    .then(() => { say(t("admin.done", { what: each.identity })); onDone(); }).catch(sayRefusal);
  return (
    <li data-unknown={each.identity}>
      {word("device_protocol", each.protocol)} · <strong>{each.identity}</strong>{each.note && ` · ${each.note}`} ·{" "}
      {t("devices.times", { n: each.count, span: span(now.value - each.last_at_ms) })}{" "}
      <select aria-label={`${t("devices.unit")}: ${each.identity}`} value={unit.value} onChange={(event) => (unit.value = event.currentTarget.value)}>
        <option value="">–</option>
        {units().map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>{" "}
      <button type="button" aria-label={`${t("devices.add")}: ${each.identity}`} disabled={!unit.value} onClick={add}>{t("devices.add")}</button>
    </li>
  );
}

export function AdminDevices() {
  const devices = useSignal<DeviceRow[]>([]);
  const heard = useSignal<DevicesHeard | null>(null);
  const secret = useSignal("");
  const load = async (): Promise<void> => {
    const [list, said] = await Promise.all([
      tryAsk<{ rows: DeviceRow[] }>("/v1/devices?limit=1000&newest=1"), tryAsk<DevicesHeard>("/v1/devices/heard"),
    ]);
    if (list) devices.value = list.rows;
    if (said) heard.value = said;
  };
  useEffect(() => void load(), []);
  const byDevice = new Map((heard.value?.heard ?? []).map((each) => [each.device, each]));
  const left = devices.value.length - SHOWN_MAX;
  return (
    <section class="panel" aria-labelledby="devices-title">
      <h2 id="devices-title">{t("devices.title")} <span class="count">{devices.value.length}</span></h2>
      <DeviceForm onDone={() => void load()} />
      {secret.value && <p class="warning" role="status" data-secret>{secret.value}</p>}
      <ul class="plain list">
        {devices.value.slice(0, SHOWN_MAX).map((each) => (
          <Device key={each.id} device={each} heard={byDevice.get(each.id)} onDone={(text) => { secret.value = text; void load(); }} />
        ))}
      </ul>
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
      <h3>{t("devices.unknown")}</h3>
      {heard.value?.unknown.length
        ? <p class="hint">{t("devices.unknown_hint")}</p>
        : <p class="empty">{t("devices.unknown_empty")}</p>}
      <ul class="plain list">
        {(heard.value?.unknown ?? []).map((each) => <Unknown key={each.protocol + each.identity} each={each} onDone={() => void load()} />)}
      </ul>
      <button type="button" class="quiet" onClick={() => void load()}>{t("devices.refresh")}</button>
    </section>
  );
}
