/* A button of an action: not there when role or state forbid it; says when it could not be done. */
import { useSignal } from "@preact/signals";
import { Refusal } from "../../shared/api";
import { t } from "../../shared/i18n";
import type { Action } from "../actions/action";
import { say } from "../state";
import { problemDetail, problemText, problemWho } from "./problem";

export function sayRefusal(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  const parts = [problemText(error.problem), problemWho(error.problem), problemDetail(error.problem)];
  say(parts.filter(Boolean).join(" "), true);
}

interface Props<Subject, Args> {
  action: Action<Subject, Args>;
  subject: Subject;
  args: Args;
  text?: string;
  label?: string; /* when the text alone does not say which thing it is about */
  main?: boolean;
  quiet?: boolean;
}

export function ActionButton<Subject, Args>(props: Props<Subject, Args>) {
  const { action, subject, args, text, label, main, quiet } = props;
  const busy = useSignal(false);
  if (!action.predicate(subject)) return null;
  const press = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    try {
      await action.perform(subject, args);
    } catch (error) {
      sayRefusal(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <button
      type="button"
      class={main ? "main" : quiet ? "quiet" : ""}
      aria-label={label}
      aria-disabled={busy.value}
      onClick={() => void press()}
    >
      {text ?? t(action.label)}
    </button>
  );
}
