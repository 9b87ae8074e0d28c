/* Set up for shifts: positions at the desk, duty levels, rest rules.  Choosing one fills the form in with it. */
import { row, rows, unitByCallSign } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { AgencyRow, Id } from "../../shared/types";
import { Wrong } from "../actions/action";
import { needUnit } from "../actions/lookup";
import { setLevel, setPosition, setRule } from "../actions/set_shift_house";
import { agencyName, callSign, me, operatorName, say } from "../state";
import { FormBox, useForm, type Form } from "../ui/form";
import { CheckField, SelectField, TextField, type Option } from "../ui/fields";

const HOUR_MS = 3_600_000;
const agencies = (): Option[] =>
  [...rows("agency").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.name }));
const done = (what: string): void => say(t("admin.done", { what }));

/* Which of those that are there is edited; its values come into the form. */
function Which({ form, options, fill }: { form: Form; options: Option[]; fill: (id: Id) => Record<string, string> }) {
  return (
    <label class="field">
      {t("admin.which")}{" "}
      <select name="which" value={form.values.value.id ?? ""} onChange={(event) => {
        const id = event.currentTarget.value;
        form.values.value = { ...fill(id), id };
      }}>
        <option value="">{t("admin.position_new")}</option>
        {options.map((each) => <option key={each.value} value={each.value}>{each.text}</option>)}
      </select>
    </label>
  );
}

const emptyPosition = (): Record<string, string> => ({
  id: "", code: "", name: "", jurisdiction: me.value?.jurisdiction ?? "", lines: "", next: "", rollover: "20", active: "yes",
});

function fillPosition(id: Id): Record<string, string> {
  const of = row("desk_position", id);
  if (!of) return emptyPosition();
  return {
    code: of.code, name: of.name, jurisdiction: of.jurisdiction, lines: of.lines, next: of.next ?? "",
    rollover: of.rollover_ms === null ? "20" : String(of.rollover_ms / 1000), active: of.active ? "yes" : "",
  };
}

function Positions() {
  const form = useForm("admin/position", emptyPosition());
  const list = [...rows("desk_position").values()];
  const submit = () => {
    const values = form.values.value, seconds = Number(values.rollover);
    form.wrong.value = values.next && !(seconds > 0) ? { rollover: t("admin.number_wrong") } : {};
    if (form.wrong.value.rollover) return Promise.resolve(false);
    return form.submit(async (key) => {
      await setPosition.perform(row("desk_position", values.id), {
        code: values.code?.trim() ?? "", name: values.name?.trim() ?? "", jurisdiction: values.jurisdiction ?? "",
        lines: (values.lines ?? "").trim().replace(/\s+/g, " "), next: values.next || null,
        rollover_ms: values.next ? Math.round(seconds * 1000) : null, inactive: values.active !== "yes",
      }, key);
      done(values.code ?? "");
    });
  };
  return (
    <section class="panel" aria-labelledby="positions-title">
      <h2 id="positions-title">{t("admin.positions")} <span class="count">{list.length}</span></h2>
      <FormBox form={form} label={t("admin.set_position")} submit={t("admin.set_position")} onSubmit={submit} id="position-form">
        <Which form={form} options={list.map((each) => ({ value: each.id, text: `${each.code} · ${each.name}` }))} fill={fillPosition} />
        <TextField name="code" label={t("admin.code")} required />
        <TextField name="name" label={t("admin.name")} required />
        <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} options={agencies()} />
        <TextField name="lines" label={t("admin.lines")} wide />
        <SelectField name="next" label={t("admin.next")} empty={t("app.none")}
          options={list.filter((each) => each.active && each.id !== form.values.value.id).map((each) => ({ value: each.id, text: each.code }))} />
        <TextField name="rollover" label={t("admin.rollover")} />
        <CheckField name="active" label={t("admin.in_use")} />
      </FormBox>
      <ul class="plain list">
        {list.map((each) => (
          <li key={each.id} data-position={each.code}>
            {each.code} · {each.name} · {each.lines || "–"} · {operatorName(each.operator)}
            {each.next && ` → ${row("desk_position", each.next)?.code ?? each.next} (${(each.rollover_ms ?? 0) / 1000} s)`}
          </li>
        ))}
      </ul>
    </section>
  );
}

const emptyLevel = (): Record<string, string> => ({
  id: "", code: "", name: "", rank: "1", jurisdiction: me.value?.jurisdiction ?? "", units: "", agencies: "", active: "yes",
});

function fillLevel(id: Id): Record<string, string> {
  const of = row("duty_level", id);
  if (!of) return emptyLevel();
  return {
    code: of.code, name: of.name, rank: String(of.rank), jurisdiction: of.jurisdiction, units: of.units.map(callSign).join(" "),
    agencies: of.agencies.map((each) => row("agency", each)?.code ?? each).join(" "), active: of.active ? "yes" : "",
  };
}

function needAgency(code: string): AgencyRow {
  const found = [...rows("agency").values()].find((each) => each.code.toLowerCase() === code.toLowerCase());
  if (!found) throw new Wrong(t("admin.no_agency", { code }));
  return found;
}

/* The ids of what is named, or what is wrong beside the field. */
function idsOf(form: Form, field: string, need: (text: string) => { id: Id }): Id[] | null {
  try {
    return (form.values.value[field] ?? "").split(/\s+/).filter(Boolean).map((each) => need(each).id);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    form.wrong.value = { ...form.wrong.value, [field]: error.message };
    return null;
  }
}

function Levels() {
  const form = useForm("admin/level", emptyLevel());
  const list = [...rows("duty_level").values()].sort((a, b) => a.rank - b.rank);
  unitByCallSign.value;
  const submit = () => {
    const values = form.values.value, rank = Number(values.rank);
    form.wrong.value = Number.isInteger(rank) ? {} : { rank: t("admin.number_wrong") };
    const units = idsOf(form, "units", needUnit), called = idsOf(form, "agencies", needAgency);
    if (!units || !called || form.wrong.value.rank) return Promise.resolve(false);
    return form.submit(async (key) => {
      await setLevel.perform(row("duty_level", values.id), {
        code: values.code?.trim() ?? "", name: values.name?.trim() ?? "", rank, jurisdiction: values.jurisdiction ?? "", units,
        agencies: called, inactive: values.active !== "yes",
      }, key);
      done(values.name ?? "");
    });
  };
  return (
    <section class="panel" aria-labelledby="admin-levels-title">
      <h2 id="admin-levels-title">{t("admin.levels")} <span class="count">{list.length}</span></h2>
      <FormBox form={form} label={t("admin.set_level")} submit={t("admin.set_level")} onSubmit={submit} id="duty-level-form">
        <Which form={form} options={list.map((each) => ({ value: each.id, text: each.name }))} fill={fillLevel} />
        <TextField name="code" label={t("admin.code")} required />
        <TextField name="name" label={t("admin.name")} required />
        <TextField name="rank" label={t("admin.rank")} />
        <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} options={agencies()} />
        <TextField name="units" label={t("admin.calls_units")} wide />
        <TextField name="agencies" label={t("admin.calls_agencies")} wide />
        <CheckField name="active" label={t("admin.in_use")} />
      </FormBox>
      <ul class="plain list">
        {list.map((each) => (
          <li key={each.id}>
            {each.rank} · {each.code} · {each.name} · {[...each.units.map(callSign), ...each.agencies.map(agencyName)].join(", ") || "–"}
          </li>
        ))}
      </ul>
    </section>
  );
}

/* Empty is no rule; anything but a number is wrong. */
function hours(text: string | undefined): number | null | undefined {
  const given = (text ?? "").trim().replace(",", ".");
  if (!given) return null;
  return Number(given) > 0 ? Math.round(Number(given) * HOUR_MS) : undefined;
}

function Rules() {
  const form = useForm("admin/rule", { agency: me.value?.jurisdiction ?? "", least_rest: "", longest: "" });
  const list = [...rows("duty_rule").values()];
  const submit = () => {
    const values = form.values.value, least_rest_ms = hours(values.least_rest), longest_ms = hours(values.longest);
    const agency = row("agency", values.agency);
    form.wrong.value = {
      ...(least_rest_ms === undefined ? { least_rest: t("admin.number_wrong") } : {}),
      ...(longest_ms === undefined ? { longest: t("admin.number_wrong") } : {}),
    };
    if (least_rest_ms === undefined || longest_ms === undefined || !agency) return Promise.resolve(false);
    return form.submit(async (key) => {
      await setRule.perform(agency, { least_rest_ms, longest_ms, known: row("duty_rule", agency.id) }, key);
      done(agency.name);
    });
  };
  const text = (ms: number | null): string => (ms === null ? "–" : `${ms / HOUR_MS} h`);
  return (
    <section class="panel" aria-labelledby="rules-title">
      <h2 id="rules-title">{t("admin.rules")} <span class="count">{list.length}</span></h2>
      <FormBox form={form} label={t("admin.set_rule")} submit={t("admin.set_rule")} onSubmit={submit} id="rule-form">
        <SelectField name="agency" label={t("sheet.jurisdiction")} options={agencies()} />
        <TextField name="least_rest" label={t("admin.least_rest")} hint={t("admin.rule_hint")} />
        <TextField name="longest" label={t("admin.longest")} />
      </FormBox>
      <ul class="plain list">
        {list.map((each) => <li key={each.id}>{agencyName(each.id)} · {text(each.least_rest_ms)} · {text(each.longest_ms)}</li>)}
      </ul>
    </section>
  );
}

export function AdminShifts() {
  return <><Positions /><Levels /><Rules /></>;
}
