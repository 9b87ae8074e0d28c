import { useEffect, useRef } from "preact/hooks";
import { plain } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Me } from "../../shared/types";
import { enter, expired, leave } from "../state";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";
import { LanguageSwitch } from "./language";

function LoginForm() {
  const form = useForm("login", { login: "", password: "" }, { keeps: false });
  const submit = () =>
    form.submit(async () => {
      const { login, password } = form.values.value;
      try {
        enter(await plain<Me>("POST", "/v1/sessions", { login, password }));
      } catch (error) {
        form.values.value = { login: login ?? "", password: "" };
        throw error;
      }
    });
  return (
    <FormBox form={form} label={t("login.title")} submit={t("login.submit")} onSubmit={submit} id="login-form">
      <TextField name="login" label={t("login.login")} autocomplete="username" required wide />
      <TextField
        name="password" type="password" label={t("login.password")} autocomplete="current-password" required wide
      />
    </FormBox>
  );
}

export function Login() {
  return (
    <main class="gate">
      <LanguageSwitch />
      <h1>{t("app.name")}</h1>
      <LoginForm />
    </main>
  );
}

/* Over the page as it is, so that nothing on it is lost. */
export function LoginAgain() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = expired.value;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open) dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="again-title"
      onCancel={(event) => event.preventDefault()}
    >
      {open && (
        <>
          <h2 id="again-title">{t("login.title")}</h2>
          <p>{t("login.again")}</p>
          <LoginForm />
          <button type="button" class="quiet" onClick={leave}>{t("app.log_out")}</button>
        </>
      )}
    </dialog>
  );
}
