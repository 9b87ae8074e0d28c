/* What went wrong, in the operator's language by its code, with the desk's own sentence below. */
import type { Problem } from "../../shared/api";
import { t, texts, type Key } from "../../shared/i18n";
import { instant } from "../../shared/time";
import { callSign, operatorName } from "../state";

export function problemText(problem: Problem): string {
  const key = `code.${problem.code}`;
  return key in texts.en ? t(key as Key) : problem.code;
}

/* Who stands in the way, and since when, as far as the desk says. */
export function problemWho(problem: Problem): string {
  if (problem.code === "unit-taken" && problem.unit && problem.case) {
    return t("problem.taken", {
      unit: callSign(problem.unit), case: problem.case, who: operatorName(problem.operator),
      time: instant(problem.at_ms ?? null),
    });
  }
  if (problem.code === "stale-version" && problem.operator) {
    return t("problem.stale", { who: operatorName(problem.operator), time: instant(problem.at_ms ?? null) });
  }
  return "";
}

interface Props { problem: Problem | null; onReload?: (() => void) | undefined; id?: string }

export function ProblemBox({ problem, onReload, id }: Props) {
  if (!problem) return null;
  const who = problemWho(problem);
  const stopped = problem.code === "unreachable" ? t("problem.given_up") : "";
  return (
    <div class="problem" role="alert" id={id}>
      <p class="problem-title">{problemText(problem)}</p>
      {who && <p>{who}</p>}
      {stopped && <p>{stopped}</p>}
      {problem.detail && <p class="problem-detail" lang="en">{problem.detail}</p>}
      {problem.code === "stale-version" && onReload && (
        <button type="button" onClick={onReload}>{t("sheet.reload")}</button>
      )}
    </div>
  );
}
