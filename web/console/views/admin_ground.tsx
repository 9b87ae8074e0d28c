/* Places and areas by hand: renamed, set right, retired.  Choosing one fills the form in with it; borders come from files. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refusal, type Problem } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { asPoint, position, positionText } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import type { Id } from "../../shared/types";
import { areaKinds, placeKinds } from "../../shared/words";
import { setArea, setPlace, type Known } from "../actions/set_ground";
import { areas, fetchAreas, followAreas } from "../areas";
import { agencyName, me, say } from "../state";
import { FormBox, useForm, type Form, type Values } from "../ui/form";
import { CheckField, SelectField, TextField, type Option } from "../ui/fields";
import { ProblemBox } from "../ui/problem";

const agencies = (): Option[] =>
  [...rows("agency").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.name }));
const known = (values: Values): Known | undefined => (values.id ? { id: values.id, version: Number(values.version) } : undefined);
const said = (what: string): void => say(t("admin.done", { what }));
const inUse = (active: boolean | undefined): string => (active === false ? ` · ${t("admin.retired")}` : "");

function Which({ form, empty, options, fill }: { form: Form; empty: string; options: Option[]; fill: (id: Id) => Values }) {
  return (
    <label class="field wide">
      {t("admin.which")}{" "}
      <select name="which" value={form.values.value.id ?? ""} onChange={(event) => {
        form.wrong.value = {};
        form.values.value = fill(event.currentTarget.value);
      }}>
        <option value="">{empty}</option>
        {options.map((each) => <option key={each.value} value={each.value}>{each.text}</option>)}
      </select>
    </label>
  );
}

/* --- places ------------------------------------------------------------------------------------------- */

const noPlace = (): Values => ({
  id: "", version: "", kind: "station", name: "", code: "", jurisdiction: me.value?.jurisdiction ?? "", position: "", active: "yes",
});

function fillPlace(id: Id): Values {
  const of = row("place", id);
  if (!of) return noPlace();
  const at = of.lat === null || of.lon === null ? "" : positionText({ lat: of.lat, lon: of.lon });
  return {
    id, version: String(of.version), kind: of.kind, name: of.name, code: of.code ?? "", jurisdiction: of.jurisdiction,
    position: at, was: at, active: of.active === false ? "" : "yes",
  };
}

/* As it stands on the desk where nobody typed another: the field shows fewer digits than are kept. */
function whereOf(values: Values): { lat: number | null; lon: number | null } | null {
  const text = values.position?.trim() ?? "";
  if (!text) return { lat: null, lon: null };
  const of = row("place", values.id);
  if (of && text === values.was) return { lat: of.lat, lon: of.lon };
  const at = asPoint(position(text));
  return at && { lat: at.lat, lon: at.lon };
}

function Places() {
  const form = useForm("admin/place", noPlace());
  const list = [...rows("place").values()].filter((each) => each.kind !== "road_closure").sort((a, b) => a.name.localeCompare(b.name));
  const submit = () => {
    const values = form.values.value, at = whereOf(values);
    form.wrong.value = { ...(at ? {} : { position: t("admin.position_wrong") }), ...(values.name?.trim() ? {} : { name: t("app.required") }) };
    if (!at || !values.name?.trim()) return Promise.resolve(false);
    const name = values.name.trim();
    return form.submit(async (key) => {
      await setPlace.perform(known(values), {
        kind: values.kind ?? "", name, code: values.code?.trim() ?? "", jurisdiction: values.jurisdiction ?? "", ...at, inactive: values.active !== "yes",
      }, key);
      said(name);
    });
  };
  return (
    <section class="panel" aria-labelledby="places-title">
      <h2 id="places-title">{t("admin.places")} <span class="count">{list.length}</span></h2>
      <FormBox form={form} label={t("admin.set_place")} submit={t("admin.set_place")} onSubmit={submit} id="place-form"
        onReload={() => { form.values.value = fillPlace(form.values.value.id ?? ""); form.problem.value = null; }}>
        <Which form={form} empty={t("admin.position_new")} fill={fillPlace}
          options={list.map((each) => ({ value: each.id, text: `${each.name} · ${word("place_kind", each.kind)}${inUse(each.active)}` }))} />
        <TextField name="name" label={t("admin.name")} required />
        <SelectField name="kind" label={t("admin.edition_kind")} options={placeKinds.map((value) => ({ value, text: word("place_kind", value) }))} />
        <TextField name="code" label={t("admin.code")} />
        <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} options={agencies()} />
        <TextField name="position" label={t("open.position")} />
        <CheckField name="active" label={t("admin.in_use")} />
      </FormBox>
      <ul class="plain list">
        {list.map((each) => (
          <li key={each.id} data-place={each.id}>{each.name}{each.code && ` · ${each.code}`} · {word("place_kind", each.kind)} · {agencyName(each.jurisdiction)}{inUse(each.active)}</li>
        ))}
      </ul>
    </section>
  );
}

/* --- areas -------------------------------------------------------------------------------------------- */

const noArea: Values = { id: "", version: "", kind: "jurisdiction", name: "", code: "", jurisdiction: "", active: "yes" };

function fillArea(id: Id): Values {
  const of = areas.value.get(id);
  if (!of) return noArea;
  return { id, version: String(of.version), kind: of.kind, name: of.name, code: of.code, jurisdiction: of.jurisdiction, active: of.active ? "yes" : "" };
}

function Areas() {
  const form = useForm("admin/area", noArea);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    fetchAreas().catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    });
    return followAreas();
  }, []);
  const list = [...areas.value.values()].sort((a, b) => a.code.localeCompare(b.code));
  const submit = () => {
    const values = form.values.value, of = known(values);
    form.wrong.value = { ...(values.name?.trim() ? {} : { name: t("app.required") }), ...(values.code?.trim() ? {} : { code: t("app.required") }) };
    if (!of) say(t("admin.choose_area_first"), true);
    if (!of || form.wrong.value.name || form.wrong.value.code) return Promise.resolve(false);
    const name = values.name?.trim() ?? "";
    return form.submit(async (key) => {
      await setArea.perform(of, {
        kind: values.kind ?? "", name, code: values.code?.trim() ?? "", jurisdiction: values.jurisdiction ?? "", inactive: values.active !== "yes",
      }, key);
      said(name);
    });
  };
  return (
    <section class="panel" aria-labelledby="areas-title">
      <h2 id="areas-title">{t("admin.areas")} <span class="count">{list.length}</span></h2>
      <p class="hint">{t("admin.border_by_file")}</p>
      <ProblemBox problem={problem.value} />
      {list.length === 0 && <p class="empty">{t("admin.no_areas")}</p>}
      {list.length > 0 && (
        <FormBox form={form} label={t("admin.set_area")} submit={t("admin.set_area")} onSubmit={submit} id="area-form"
          onReload={() => { form.values.value = fillArea(form.values.value.id ?? ""); form.problem.value = null; }}>
          <Which form={form} empty="–" fill={fillArea}
            options={list.map((each) => ({ value: each.id, text: `${each.code} · ${each.name}${inUse(each.active)}` }))} />
          <TextField name="name" label={t("admin.name")} required />
          <SelectField name="kind" label={t("admin.edition_kind")} options={areaKinds.map((value) => ({ value, text: word("area_kind", value) }))} />
          <TextField name="code" label={t("admin.code")} required />
          <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} empty="–" options={agencies()} />
          <CheckField name="active" label={t("admin.in_use")} />
        </FormBox>
      )}
      <ul class="plain list">
        {list.map((each) => (
          <li key={each.id} data-area-row={each.id}>{each.code} · {each.name} · {word("area_kind", each.kind)} · {agencyName(each.jurisdiction)}{inUse(each.active)}</li>
        ))}
      </ul>
    </section>
  );
}

export function AdminGround() {
  return <><Places /><Areas /></>;
}
