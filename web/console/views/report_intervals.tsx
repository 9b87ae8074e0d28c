/* How long each step took, and why units were cleared: of all, then of each group. */
import { t, word } from "../../shared/i18n";
import { keyOf, type IntervalGroup, type IntervalReport } from "../report_model";
import { Count, groupName, Shares, Time } from "./report_parts";

function Figures({ report, group, before }: { report: IntervalReport; group: IntervalGroup; before: IntervalGroup | undefined }) {
  return (
    <table class="rates">
      <thead><tr>
        <th scope="col">{t("report.measure")}</th><th scope="col">{t("report.of")}</th>
        {(["measured", "missing", "out_of_order", "median", "p90", "longest"] as const).map((each) => <th key={each} scope="col" class="number">{t(`report.${each}`)}</th>)}
        <th scope="col">{t("report.bands")}</th>
      </tr></thead>
      <tbody>
        {group.figures.map((figure, i) => {
          const other = before?.figures[i];
          return (
            <tr key={i} data-measure={`${figure.measure} ${figure.of}`}>
              <th scope="row">{word("timed", figure.measure)}</th>
              <td>{word("first_or_all", figure.of)}</td>
              <td class="number" data-figure="count"><Count n={figure.count} before={other?.count} /></td>
              <td class="number" data-figure="missing">
                <Count n={figure.missing} before={other?.missing} />
                {figure.called_off > 0 && <small class="before">{t("report.called_off")}: {figure.called_off}</small>}
              </td>
              <td class="number"><Count n={figure.out_of_order} before={other?.out_of_order} /></td>
              {(["median_ms", "p90_ms", "longest_ms"] as const).map((each) => <td key={each} class="number" data-figure={each}><Time ms={figure[each]} before={other?.[each]} /></td>)}
              <td><Shares bands={report.bands.filter((band) => band.measure === figure.measure)} shares={figure.bands} before={other?.bands} /></td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Cleared({ group }: { group: IntervalGroup }) {
  const reasons = Object.entries(group.ended);
  return (
    <p data-cleared>
      {t("report.ended")}: {reasons.length ? reasons.map(([why, n]) => `${why === "at_work" ? t("report.at_work") : word("end_reason", why)} ${n}`).join(" · ") : "–"}.{" "}
      {t("report.turned_back", { n: group.turned_back.numerator, m: group.turned_back.denominator })}
    </p>
  );
}

function Group({ report, group, before, name, open }: { report: IntervalReport; group: IntervalGroup; before: IntervalGroup | undefined; name: string; open: boolean }) {
  return (
    <details class="report-group" open={open} data-group={name}>
      <summary><h2>{name}</h2></summary>
      <p>{t("report.cases", { cases: group.cases, without: group.without_unit, units: group.units, disorder: group.out_of_order })}</p>
      <div class="wide" tabIndex={0} role="region" aria-label={name}><Figures report={report} group={group} before={before} /></div>
      <Cleared group={group} />
    </details>
  );
}

export function IntervalTables({ now, before }: { now: IntervalReport; before: IntervalReport | null }) {
  const others = new Map(before?.groups.map((group) => [keyOf(group), group]));
  const left = Object.entries(now.left_out).filter(([, n]) => n > 0);
  return (
    <div data-intervals>
      <Group report={now} group={now.all} before={before?.all} name={t("report.all")} open />
      {now.groups.map((group) => <Group key={keyOf(group)} report={now} group={group} before={others.get(keyOf(group))} name={groupName(now.by, group)} open={false} />)}
      <p class="quiet-text" data-left-out>
        {t("report.left_out")}: {left.length ? left.map(([why, n]) => `${t(`report.${why as "matters" | "merged" | "never_sent"}`)} ${n}`).join(" · ") : t("report.nothing")}
      </p>
    </div>
  );
}
