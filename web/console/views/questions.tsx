/* The class's questions as a checklist: an answer is a press or a few words. */
import { useId } from "preact/hooks";
import { t } from "../../shared/i18n";
import { answerField } from "../questions";
import type { Form } from "../ui/form";

function Question({ form, text }: { form: Form; text: string }) {
  const id = useId();
  const field = answerField(text);
  const value = form.values.value[field] ?? "";
  return (
    <li class={value.trim() ? "question answered" : "question"}>
      <label for={id}><span aria-hidden="true">{value.trim() ? "✓" : "○"}</span> {text}</label>
      <span class="answer">
        <input
          id={id}
          type="text"
          autocomplete="off"
          value={value}
          onInput={(event) => form.set(field, event.currentTarget.value)}
        />
        {(["yes", "no", "unknown"] as const).map((word) => (
          <button
            key={word}
            type="button"
            aria-label={`${text} ${t(`answer.${word}`)}`}
            aria-pressed={value === t(`answer.${word}`)}
            onClick={() => form.set(field, t(`answer.${word}`))}
          >
            {t(`answer.${word}`)}
          </button>
        ))}
      </span>
    </li>
  );
}

export function Questions({ form, questions }: { form: Form; questions: readonly string[] }) {
  if (!questions.length) return null;
  return (
    <fieldset class="questions wide">
      <legend>{t("open.questions")}</legend>
      <ul class="plain">
        {questions.map((text) => <Question key={text} form={form} text={text} />)}
      </ul>
    </fieldset>
  );
}
