import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { plain, Refusal, type Problem } from "../../shared/api";
import { lang, t, word } from "../../shared/i18n";
import type { Me } from "../../shared/types";
import { demo, findDemo } from "../first_steps";
import { enter, expired, leave } from "../state";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";
import { ProblemBox } from "../ui/problem";
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

/* A demo city has ready accounts: one press each.  They exist nowhere else. */
function DemoAccounts() {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const city = demo.value?.city;
  if (!demo.value || !city) return null;
  const enterAs = async (login: string, password: string): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      enter(await plain<Me>("POST", "/v1/sessions", { login, password }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    } finally {
      busy.value = false;
    }
  };
  const name = lang.value === "en" ? city.name_en || city.name : city.name;
  return (
    <section class="panel" aria-labelledby="demo-title" data-demo>
      <h2 id="demo-title">{t("login.demo", { city: name })}</h2>
      <div class="demo-accounts">
        {demo.value.accounts.map((account, i) => (
          <button
            key={account.login}
            type="button"
            class={i === 0 ? "main" : ""}
            data-demo-account={account.role}
            onClick={() => void enterAs(account.login, account.password)}
          >
            {word("role", account.role)} <span class="kind">{account.name}</span>
          </button>
        ))}
      </div>
      <ProblemBox problem={problem.value} />
      <p class="hint">{t("login.or")}</p>
    </section>
  );
}

export function Login() {
  useEffect(() => { if (!demo.value) void findDemo(); }, []);
  return (
    <main class="gate">
      <LanguageSwitch />
      <h1>{t("app.name")}</h1>
      <DemoAccounts />
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
