/* What reports are held against: the desk's own bands, and sets of others that can be taken over. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { change, tryAsk } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { span } from "../../shared/time";
import { certainties, measures, type Band, type BandRow } from "../report_model";
import { say } from "../state";
import { sayRefusal } from "../ui/button";
import { SelectField, TextField } from "../ui/fields";
import { FormBox, useForm } from "../ui/form";

const textOf = (band: Band): string =>
  `${band.name} · ${word("timed", band.measure)} · ${t("report.within", { time: span(band.most_ms) })}` +
  (band.percent ? ` · ${t("report.asked", { n: band.percent })}` : "") + (band.class ? ` · ${band.class}` : "") +
  (band.priority ? ` · P${band.priority}` : "") + ` · ${band.source} (${word("certain", band.certainty)})`;

const bodyOf = ({ name, measure, most_ms, percent, class: code, priority, source, certainty }: Band) =>
  ({ name, measure, most_ms, percent, source, certainty, ...(code ? { class: code } : {}), ...(priority ? { priority } : {}) });

const make = (band: Band, key?: string) =>
  change({ path: "/v1/bands", body: bodyOf(band), label: band.name, ...(key ? { key } : {}) });

export function Bands() {
  const own = useSignal<BandRow[]>([]), presets = useSignal<Band[]>([]);
  const load = async (): Promise<void> => {
    own.value = ((await tryAsk<{ rows: BandRow[] }>("/v1/bands?limit=1000"))?.rows ?? own.value).filter((each) => each.active);
  };
  useEffect(() => {
    void load();
    void tryAsk<{ bands: Band[] }>("/v1/reports/presets").then((answer) => { presets.value = answer?.bands ?? []; });
  }, []);
  const initial = { name: "", measure: "response", most_s: "", percent: "90", class: "", priority: "", source: "", certainty: "local" };
  const form = useForm("band", initial);
  const submit = (): void => {
    const given = form.values.value;
    const band = {
      name: given.name ?? "", measure: given.measure as Band["measure"], most_ms: 1000 * Number(given.most_s), percent: Number(given.percent || 0),
      class: given.class ?? "", priority: Number(given.priority || 0), source: given.source ?? "", certainty: given.certainty ?? "local",
    };
    void form.submit((key) => make(band, key)).then((ok) => { if (ok) void load(); });
  };
  const take = async (name: string): Promise<void> => {
    try {
      for (const band of presets.value.filter((each) => each.name === name)) await make(band);
      say(t("band.taken", { name }));
    } catch (error) {
      sayRefusal(error);
    }
    await load();
  };
  const drop = async (band: BandRow): Promise<void> => {
    try {
      await change({ method: "PUT", path: `/v1/bands/${band.id}`, body: { ...bodyOf(band), inactive: true }, ifMatch: band.version, label: band.name });
    } catch (error) {
      sayRefusal(error);
    }
    await load();
  };
  const sets = [...new Set(presets.value.map((each) => each.name))].filter((name) => !own.value.some((each) => each.name === name));
  return (
    <section class="panel no-print" aria-labelledby="bands-title" data-bands>
      <h2 id="bands-title">{t("band.title")}</h2>
      <p class="quiet-text">{t("report.counsel")}</p>
      <ul class="plain list">
        {own.value.map((band) => (
          <li key={band.id}>{textOf(band)} <button type="button" class="quiet" aria-label={`${t("band.drop")} ${textOf(band)}`} onClick={() => void drop(band)}>{t("band.drop")}</button></li>
        ))}
      </ul>
      <p>{sets.map((name) => <button key={name} type="button" data-take={name} title={presets.value.filter((each) => each.name === name).map(textOf).join("\n")} onClick={() => void take(name)}>{t("band.take", { name })}</button>)}</p>
      <FormBox form={form} id="band-form" label={t("band.add")} submit={t("band.add")} onSubmit={submit}>
        <TextField name="name" label={t("band.name")} required />
        <SelectField name="measure" label={t("report.measure")} options={measures.map((each) => ({ value: each, text: word("timed", each) }))} />
        <TextField name="most_s" label={t("band.most_s")} required />
        <TextField name="percent" label={t("band.percent")} />
        <TextField name="class" label={t("band.class")} />
        <TextField name="priority" label={t("band.priority")} />
        <TextField name="source" label={t("band.source")} required />
        <SelectField name="certainty" label={t("band.certainty")} options={certainties.map((each) => ({ value: each, text: word("certain", each) }))} />
      </FormBox>
    </section>
  );
}
