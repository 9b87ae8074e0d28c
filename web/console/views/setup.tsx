/* First start: /setup#TOKEN, printed by the server, makes the first administrator. */
import { plain } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Me } from "../../shared/types";
import { enter, go } from "../state";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";
import { LanguageSwitch } from "./language";

/* Read once: the fragment never leaves the browser, and goes from the address after use. */
const token = location.hash.slice(1);

export function Setup() {
  const form = useForm(
    "setup", { agency_name: "", agency_code: "", number: "", login: "", password: "" }, { keeps: false });
  const submit = () =>
    form.submit(async () => {
      const who = await plain<Me>("POST", "/v1/setup", { token, ...form.values.value });
      go("/");
      enter(who);
    });
  return (
    <main class="gate">
      <LanguageSwitch />
      <h1>{t("setup.title")}</h1>
      <p>{token ? t("setup.intro") : t("setup.no_token")}</p>
      {token && (
        <FormBox form={form} label={t("setup.title")} submit={t("setup.submit")} onSubmit={submit}>
          <TextField name="agency_name" label={t("setup.agency_name")} required wide />
          <TextField name="agency_code" label={t("setup.agency_code")} required />
          <TextField name="number" label={t("setup.number")} required />
          <TextField name="login" label={t("login.login")} autocomplete="username" required />
          <TextField
            name="password"
            type="password"
            label={t("login.password")}
            hint={t("login.password_hint")}
            autocomplete="new-password"
            required
          />
        </FormBox>
      )}
    </main>
  );
}
