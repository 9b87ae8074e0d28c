/* What to try first, in a demo city. */
import { t } from "../../shared/i18n";
import { demo, done, hidden, hideSteps, steps } from "../first_steps";

export function FirstSteps() {
  if (!demo.value || hidden.value) return null;
  const next = steps.find((step) => !done.value.has(step));
  return (
    <section class="panel first-steps" aria-labelledby="steps-title">
      <div class="panel-head">
        <h2 id="steps-title">{t("steps.title")} <span class="count">{done.value.size}/{steps.length}</span></h2>
        <button type="button" class="quiet" onClick={() => hideSteps(true)}>{t("app.close")}</button>
      </div>
      <ol class="plain steps">
        {steps.map((step) => {
          const ticked = done.value.has(step);
          return (
            <li key={step} data-step={step} data-done={ticked} class={ticked ? "done" : step === next ? "next" : ""}>
              <span aria-hidden="true">{ticked ? "✓" : "○"}</span>
              <span>
                {t(`steps.${step}`)}
                {ticked && <span class="sr"> {t("steps.done")}</span>}
                {step === next && <span class="hint">{t(`steps.${step}_how`)}</span>}
              </span>
            </li>
          );
        })}
      </ol>
      {!!demo.value.pace && demo.value.pace !== 1 && <p class="hint" data-pace>{t("steps.pace", { n: demo.value.pace })}</p>}
      {!next && <p class="hint">{t("steps.all")}</p>}
    </section>
  );
}
