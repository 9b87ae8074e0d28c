/* The house: agencies, units, operators and their log-ins. */
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import type { Reply } from "../../shared/types";
import { agencyLevels, roles, unitKinds, type AgencyLevel, type Role, type UnitKind } from "../../shared/words";
import { makeAgency, type AgencyArgs } from "../actions/make_agency";
import { makeOperator, type OperatorArgs } from "../actions/make_operator";
import { makeUnit, type UnitArgs } from "../actions/make_unit";
import { setAccount } from "../actions/set_account";
import { me, operatorName, say } from "../state";
import { FormBox, useForm } from "../ui/form";
import { Division } from "./division";
import { AdminArea } from "./admin_area";
import { AdminGround } from "./admin_ground";
import { AdminVitals } from "./admin_vitals";
import { AdminShifts } from "./admin_shifts";
import { AdminDevices } from "./admin_devices";
import { AdminEditions } from "./admin_editions";
import { chosenPosts, Posts } from "./admin_posts";
import { AdminClasses } from "./admin_classes";
import { AdminData } from "./admin_data";
import { CheckField, SelectField, TextField, type Option } from "../ui/fields";

const agencies = (): Option[] =>
  [...rows("agency").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.name }));
const units = (): Option[] =>
  [...rows("unit").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: each.call_sign }));
const operators = (): Option[] =>
  [...rows("operator").values()].filter((each) => each.active)
    .map((each) => ({ value: each.id, text: operatorName(each.id) }));

const done = (what: string): void => say(t("admin.done", { what }));

function AgencyForm() {
  const form = useForm("admin/agency", { name: "", code: "", level: "station", parent: me.value?.jurisdiction ?? "", division: "" });
  const submit = () =>
    form.submit(async (key) => {
      const values = form.values.value;
      const args: AgencyArgs = {
        name: values.name?.trim() ?? "", code: values.code?.trim() ?? "", level: values.level as AgencyLevel,
      };
      if (values.parent) args.parent = values.parent;
      if (values.division?.trim()) args.division = values.division.trim();
      await makeAgency.perform(undefined, args, key);
      done(args.name);
    });
  return (
    <FormBox form={form} label={t("admin.add_agency")} submit={t("admin.add_agency")} onSubmit={submit} id="agency-form">
      <TextField name="name" label={t("admin.name")} required wide />
      <TextField name="code" label={t("admin.code")} required />
      <SelectField
        name="level" label={t("admin.level")}
        options={agencyLevels.map((value) => ({ value, text: word("agency_level", value) }))}
      />
      <SelectField name="parent" label={t("admin.parent")} empty={t("app.none")} options={agencies()} wide />
      <TextField name="division" label={t("data.division")} hint={t("data.division_hint")} />
    </FormBox>
  );
}

function UnitForm() {
  const form = useForm("admin/unit", {
    call_sign: "", kind: "car", jurisdiction: me.value?.jurisdiction ?? "", capabilities: "",
  });
  const submit = () =>
    form.submit(async (key) => {
      const values = form.values.value;
      const args: UnitArgs = {
        call_sign: values.call_sign?.trim() ?? "", kind: values.kind as UnitKind,
        jurisdiction: values.jurisdiction ?? "",
      };
      if (values.capabilities?.trim()) args.capabilities = values.capabilities.trim();
      await makeUnit.perform(undefined, args, key);
      done(args.call_sign);
    });
  return (
    <FormBox form={form} label={t("admin.add_unit")} submit={t("admin.add_unit")} onSubmit={submit} id="unit-form">
      <TextField name="call_sign" label={t("units.call_sign")} required />
      <SelectField
        name="kind" label={t("units.kind")}
        options={unitKinds.map((value) => ({ value, text: word("unit_kind", value) }))}
      />
      <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} options={agencies()} />
      <TextField name="capabilities" label={t("admin.capabilities")} />
    </FormBox>
  );
}

function OperatorForm({ onMade }: { onMade: (id: string) => void }) {
  const form = useForm("admin/operator", {
    number: "", name: "", jurisdiction: me.value?.jurisdiction ?? "", unit: "",
    ...Object.fromEntries(roles.map((role) => [`role_${role}`, role === "dispatcher" ? "yes" : ""])),
  });
  const submit = () =>
    form.submit(async (key) => {
      const values = form.values.value;
      const args: OperatorArgs = {
        number: values.number?.trim() ?? "",
        roles: roles.filter((role: Role) => values[`role_${role}`] === "yes"),
        jurisdiction: values.jurisdiction ?? "",
      };
      if (values.name?.trim()) args.name = values.name.trim();
      if (values.unit) args.unit = values.unit;
      const posts = chosenPosts(values);
      if (posts) args.posts = posts;
      const { operator } = (await makeOperator.perform(undefined, args, key)) as Reply<"operator">;
      done(args.number);
      onMade(operator.id);
    });
  return (
    <FormBox
      form={form} label={t("admin.add_operator")} submit={t("admin.add_operator")} onSubmit={submit} id="operator-form"
    >
      <TextField name="number" label={t("admin.number")} required />
      <TextField name="name" label={t("admin.name")} />
      <fieldset class="wide">
        <legend>{t("admin.roles")}</legend>
        {roles.map((role) => <CheckField key={role} name={`role_${role}`} label={word("role", role)} />)}
      </fieldset>
      <Posts />
      <SelectField name="jurisdiction" label={t("sheet.jurisdiction")} options={agencies()} />
      <SelectField name="unit" label={t("admin.unit_of")} empty={t("app.none")} options={units()} />
    </FormBox>
  );
}

export function Admin() {
  const account = useForm("admin/account", { operator: "", login: "", password: "" }, { keeps: false });
  const submitAccount = () =>
    account.submit(async () => {
      const { operator = "", login = "", password = "" } = account.values.value;
      await setAccount.perform(operator, { login, password });
      done(login);
    });
  return (
    <main class="admin">
      <h1>{t("admin.title")}</h1>
      <div class="admin-grid">
        <section class="panel wide-panel" aria-labelledby="vitals-title">
          <h2 id="vitals-title">{t("vitals.title")}</h2>
          <AdminVitals />
        </section>
        <section class="panel" aria-labelledby="agencies-title">
          <h2 id="agencies-title">{t("admin.agencies")} <span class="count">{rows("agency").size}</span></h2>
          <AgencyForm />
          <ul class="plain list">
            {[...rows("agency").values()].map((each) => (
              <li key={each.id}>{each.code} · {each.name} · {word("agency_level", each.level)}{each.division && <Division code={each.division} />}</li>
            ))}
          </ul>
        </section>
        <section class="panel" aria-labelledby="admin-units-title">
          <h2 id="admin-units-title">{t("admin.units")} <span class="count">{rows("unit").size}</span></h2>
          <UnitForm />
          <ul class="plain list">
            {[...rows("unit").values()].map((each) => (
              <li key={each.id}>{each.call_sign} · {word("unit_kind", each.kind)} · {word("duty", each.duty)}{each.capabilities && ` · ${each.capabilities}`}</li>
            ))}
          </ul>
        </section>
        <section class="panel" aria-labelledby="operators-title">
          <h2 id="operators-title">{t("admin.operators")} <span class="count">{rows("operator").size}</span></h2>
          <OperatorForm onMade={(id) => account.set("operator", id)} />
          <h3>{t("admin.account")}</h3>
          <FormBox
            form={account} label={t("admin.set_account")} submit={t("admin.set_account")} onSubmit={submitAccount}
            id="account-form"
          >
            <SelectField
              name="operator" label={t("admin.account_of")} empty="–" options={operators()} required wide
            />
            <TextField name="login" label={t("login.login")} required />
            <TextField
              name="password" type="password" label={t("login.password")} hint={t("login.password_hint")}
              autocomplete="new-password" required
            />
          </FormBox>
          <ul class="plain list">
            {[...rows("operator").values()].map((each) => (
              <li key={each.id}>
                {operatorName(each.id)} · {each.roles.map((role) => word("role", role)).join(", ")}
                {each.posts && <span class="quiet-text"> · {each.posts}</span>}
              </li>
            ))}
          </ul>
        </section>
        <AdminShifts />
        <AdminGround />
        <AdminArea />
        <AdminEditions />
        <AdminClasses />
        <AdminData />
        <AdminDevices /> {/* last: what it asks for comes late, and must move nothing that is about to be pressed */}
      </div>
    </main>
  );
}
