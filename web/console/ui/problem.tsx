/* What went wrong, in the operator's language by code and field; the desk's own sentence, which is English, where
 * the page has none that says as much. */
import type { Problem } from "../../shared/api";
import { lang, t, texts, type Key } from "../../shared/i18n";
import { instant } from "../../shared/time";
import { callSign, operatorName } from "../state";

const known = (key: string): key is Key => key in texts.en;

/* These say all there is to say; of the others only the desk knows what it was. */
const whole = new Set([
  "unauthenticated", "unit-taken", "stale-version", "stale-status", "unknown-class", "version-required", "not-ready",
  "key-reused", "too-many-requests", "overloaded", "no-space", "quarantined", "unreachable", "fenced", "unknown-outcome",
]);
/* These say what is wrong with a field: they need its name. */
const ofField = new Set(["missing-field", "wrong-type", "out-of-range", "unknown-word", "too-long", "bad-format", "exists"]);

const fieldKey = (problem: Problem): string => `field.${problem.field.split(/[.[]/)[0] ?? ""}`;

/* `named`: what a form calls the field that it is about, where the page's own names do not know it. */
export function problemText(problem: Problem, named?: string): string {
  const exact = `code_field.${problem.code}.${problem.field}`, key = `code.${problem.code}`, field = fieldKey(problem);
  if (known(exact)) return t(exact);
  const text = known(key) ? t(key) : problem.code;
  const name = named ?? (ofField.has(problem.code) && known(field) ? t(field) : "");
  return name ? text.replace(/([.。]?)$/, `${t("problem.field", { field: name })}$1`) : text;
}

/* The desk's sentence, or "" where the page has said it in the operator's language. */
export function problemDetail(problem: Problem): string {
  if (lang.value === "en") return problem.detail;
  if (known(`code_field.${problem.code}.${problem.field}`)) return "";
  if (whole.has(problem.code) && known(`code.${problem.code}`)) return "";
  return ofField.has(problem.code) && known(fieldKey(problem)) ? "" : problem.detail;
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

interface Props {
  problem: Problem | null; onReload?: (() => void) | undefined; id?: string;
  nameOf?: ((field: string) => string | undefined) | undefined;
}

export function ProblemBox({ problem, onReload, id, nameOf }: Props) {
  if (!problem) return null;
  const who = problemWho(problem);
  const detail = problemDetail(problem);
  const stopped = problem.code === "unreachable" ? t("problem.given_up") : "";
  return (
    <div class="problem" role="alert" id={id}>
      <p class="problem-title">{problemText(problem, nameOf?.(problem.field))}</p>
      {who && <p>{who}</p>}
      {stopped && <p>{stopped}</p>}
      {detail && <p class="problem-detail" lang="en">{detail}</p>}
      {problem.code === "stale-version" && onReload && (
        <button type="button" onClick={onReload}>{t("sheet.reload")}</button>
      )}
    </div>
  );
}
