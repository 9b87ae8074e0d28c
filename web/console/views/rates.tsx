/* Figures of matters: each with what it was counted from and what was left out, so that nobody has to believe a percentage. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refusal, ask, change, type Problem } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { instant } from "../../shared/time";
import type { RatesAnswer } from "../../shared/types";
import { openable, procedureTitle } from "../editions";
import { go, may, say } from "../state";
import { ProblemBox } from "../ui/problem";

const DAY_MS = 86_400_000;
/* The day before which the period ends is not in it: "to" on the form is the last day that is. */
const periodOf = (from: string, to: string): string => {
  const parts = new URLSearchParams();
  if (from) parts.set("from_ms", String(new Date(`${from}T00:00`).getTime()));
  if (to) parts.set("to_ms", String(new Date(`${to}T00:00`).getTime() + DAY_MS));
  return parts.toString();
};

function Figure({ figure }: { figure: RatesAnswer["figures"][number] }) {
  const share = figure.denominator ? `${((100 * figure.numerator) / figure.denominator).toFixed(1)} %` : "–";
  const left = Object.entries(figure.left_out);
  return (
    <tr data-rate={figure.rate}>
      <th scope="row">{word("rate", figure.rate)}</th>
      <td class="number">{share}</td>
      <td class="number">{t("rates.of", { n: figure.numerator, m: figure.denominator })}</td>
      <td>{left.length ? left.map(([why, count]) => `${word("left_out", why)} ${count}`).join(" · ") : "–"}</td>
    </tr>
  );
}

export function Rates() {
  const from = useSignal(""), to = useSignal(""), procedure = useSignal("");
  const answer = useSignal<RatesAnswer | null>(null);
  const problem = useSignal<Problem | null>(null);
  const asked = (): string => {
    const parts = new URLSearchParams(periodOf(from.value, to.value));
    if (procedure.value) parts.set("procedure", procedure.value);
    return parts.toString();
  };
  const load = async (): Promise<void> => {
    try {
      answer.value = await ask<RatesAnswer>(`/v1/rates?${asked()}`);
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    }
  };
  const state = async (): Promise<void> => {
    try {
      await change({ path: `/v1/rates?${asked()}`, label: t("rates.state") });
      say(t("rates.stated"));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    }
  };
  useEffect(() => { void load(); }, []);
  const shown = answer.value;
  return (
    <section class="panel sheet rates" aria-labelledby="rates-title" data-rates>
      <div class="panel-head">
        <h2 id="rates-title">{t("rates.title")}</h2>
        <button type="button" class="quiet" onClick={() => go("/matters")}>{t("app.close")}</button>
      </div>
      <form class="rates-form" onSubmit={(event) => { event.preventDefault(); void load(); }}>
        <label>{t("rates.from")} <input type="date" name="from" value={from.value} onInput={(event) => { from.value = event.currentTarget.value; }} /></label>
        <label>{t("rates.to")} <input type="date" name="to" value={to.value} onInput={(event) => { to.value = event.currentTarget.value; }} /></label>
        <label>{t("matter.procedure")} <select name="procedure" value={procedure.value} onChange={(event) => { procedure.value = event.currentTarget.value; }}>
          <option value="">{t("rates.every")}</option>
          {openable().map((each) => <option key={each.id} value={each.name}>{procedureTitle(each.id, each.name)}</option>)}
        </select></label>
        <button type="submit">{t("rates.count")}</button>
        {may("supervisor", "officer") && <button type="button" onClick={() => void state()}>{t("rates.state")}</button>}
      </form>
      <ProblemBox problem={problem.value} />
      {shown && (
        <>
          <p data-counted>{t("rates.counted", { contacts: shown.contacts, reporters: shown.reporters, matters: shown.matters })}</p>
          <table class="rates">
            <thead><tr><th scope="col">{t("rates.figure")}</th><th scope="col" class="number">{t("rates.share")}</th><th scope="col" class="number">{t("rates.counts")}</th><th scope="col">{t("rates.left_out")}</th></tr></thead>
            <tbody>{shown.figures.map((figure) => <Figure key={figure.rate} figure={figure} />)}</tbody>
          </table>
          <p class="quiet-text">{t("rates.as_of", { seq: shown.seq, at: instant(shown.now_ms) })}</p>
        </>
      )}
    </section>
  );
}
