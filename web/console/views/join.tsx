/* /join#TOKEN: somebody who was given a link chooses a password, and is at the desk. */
import { plain } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Me } from "../../shared/types";
import { enter, go } from "../state";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";
import { LanguageSwitch } from "./language";

/* Read once: the fragment never leaves the browser, and goes from the address after use. */
const token = location.hash.slice(1);

export function Join() {
  const form = useForm("join", { password: "" }, { keeps: false });
  const submit = () =>
    form.submit(async () => {
      const who = await plain<Me>("POST", "/v1/accounts", { token, ...form.values.value });
      go("/");
      enter(who);
    });
  return (
    <main class="gate">
      <LanguageSwitch />
      <h1>{t("join.title")}</h1>
      <p>{token ? t("join.intro") : t("join.no_token")}</p>
      {token && (
        <FormBox form={form} label={t("join.title")} submit={t("join.submit")} onSubmit={submit}>
          <TextField
            name="password" type="password" label={t("login.password")} hint={t("login.password_hint")}
            autocomplete="new-password" required
          />
        </FormBox>
      )}
    </main>
  );
}
