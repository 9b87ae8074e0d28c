/* Figures of answering and of units' work, for a period, beside another one, as tables to read, print or take along. */
import { useSignal } from "@preact/signals";
import { ask, Refusal, type Problem } from "../../shared/api";
import { rows } from "../../shared/board";
import { lang, t } from "../../shared/i18n";
import { instant } from "../../shared/time";
import { groupings, queryOf, type AnswerReport, type IntervalReport, type Which } from "../report_model";
import { go, may, me } from "../state";
import { ProblemBox } from "../ui/problem";
import { Bands } from "./bands";
import { AnswerTables } from "./report_answer";
import { IntervalTables } from "./report_intervals";

export type Shown = { which: "answer"; now: AnswerReport; before: AnswerReport | null } | { which: "intervals"; now: IntervalReport; before: IntervalReport | null };

function About({ shown }: { shown: Shown }) {
  const { now } = shown;
  return (
    <>
      <p class="quiet-text" data-as-of>{t("report.as_of", { seq: now.seq, at: instant(now.now_ms) })}</p>
      <p class="quiet-text">{t(`report.bands_of.${now.bands_of}`)} {t("report.counsel")}</p>
    </>
  );
}

export function Reports() {
  const which = useSignal<Which>("answer");
  const from = useSignal(""), to = useSignal(""), area = useSignal(""), by = useSignal("none");
  const otherFrom = useSignal(""), otherTo = useSignal("");
  const shown = useSignal<Shown | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const query = () => queryOf({ from: from.value, to: to.value, area: area.value, by: by.value });
  const load = async (): Promise<void> => {
    busy.value = true;
    try {
      const other = otherFrom.value || otherTo.value ? queryOf({ from: otherFrom.value, to: otherTo.value, area: area.value, by: by.value }) : null;
      if (which.value === "answer") {
        const now = await ask<AnswerReport>(`/v1/reports/answer?${query()}`);
        shown.value = { which: "answer", now, before: other && (await ask<AnswerReport>(`/v1/reports/answer?${other}`)) };
      } else {
        const now = await ask<IntervalReport>(`/v1/reports/intervals?${query()}`);
        shown.value = { which: "intervals", now, before: other && (await ask<IntervalReport>(`/v1/reports/intervals?${other}`)) };
      }
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    } finally {
      busy.value = false;
    }
  };
  const file = (format: string) => `/v1/reports/${which.value}?${query()}&format=${format}&lang=${lang.value}&bom=1`;
  const date = (name: string, label: string, value: { value: string }) => (
    <label>{label} <input type="date" name={name} value={value.value} onInput={(event) => { value.value = event.currentTarget.value; }} /></label>
  );
  const choices = groupings[which.value].filter((each) => each !== "operator" || may("supervisor", "admin"));
  return (
    <main class="reports page" data-reports>
      <div class="panel-head no-print">
        <h1>{t("report.title")}</h1>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.back")}</button>
      </div>
      <form class="rates-form no-print" onSubmit={(event) => { event.preventDefault(); void load(); }}>
        <label>{t("report.which")} <select name="which" value={which.value} onChange={(event) => { which.value = event.currentTarget.value as Which; by.value = "none"; shown.value = null; }}>
          {(Object.keys(groupings) as Which[]).map((each) => <option key={each} value={each}>{t(`report.${each}`)}</option>)}
        </select></label>
        {date("from", t("report.from"), from)}
        {date("to", t("report.to"), to)}
        {date("compare_from", t("report.compare_from"), otherFrom)}
        {date("compare_to", t("report.compare_to"), otherTo)}
        <label>{t("report.area")} <select name="area" value={area.value} onChange={(event) => { area.value = event.currentTarget.value; }}>
          <option value="">{t("report.every_area")}</option>
          {[...rows("agency").values()].filter((each) => each.active).map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}
        </select></label>
        <label>{t("report.by")} <select name="by" value={by.value} onChange={(event) => { by.value = event.currentTarget.value; }}>
          {choices.map((each) => <option key={each} value={each}>{t(`report.by.${each}`)}</option>)}
        </select></label>
        <button type="submit" disabled={busy.value} data-count>{t(busy.value ? "report.counting" : "report.count")}</button>
        <a href={file("csv")} download data-csv>{t("report.csv")}</a>
        <a href={file("xlsx")} download data-xlsx>{t("report.xlsx")}</a>
        <button type="button" class="quiet" onClick={() => print()}>{t("report.print")}</button>
      </form>
      <ProblemBox problem={problem.value} />
      {shown.value?.which === "answer" && <AnswerTables now={shown.value.now} before={shown.value.before} />}
      {shown.value?.which === "intervals" && <IntervalTables now={shown.value.now} before={shown.value.before} />}
      {shown.value && <About shown={shown.value} />}
      {me.value && may("admin") && <Bands />}
    </main>
  );
}
