/* Answer times: all calls, then each group. */
import { t, word } from "../../shared/i18n";
import { keyOf, type AnswerGroup, type AnswerReport } from "../report_model";
import { Count, groupName, Shares, Time } from "./report_parts";

const numbers = ["offered", "answered", "abandoned", "ringing", "elsewhere", "out_of_order"] as const;

function Row({ report, group, before, name }: { report: AnswerReport; group: AnswerGroup; before: AnswerGroup | undefined; name: string }) {
  const results = Object.entries(group.results);
  return (
    <tr data-group={name}>
      <th scope="row">{name}</th>
      {numbers.map((each) => (
        <td key={each} class="number" data-figure={each}>
          <Count n={group[each]} before={before?.[each]} />
          {each === "abandoned" && group.abandoned > 0 && <small class="before">{t("report.short", { s: report.short_ms / 1000 })}: {group.abandoned_short}</small>}
        </td>
      ))}
      {(["median_ms", "p90_ms", "p95_ms", "longest_ms"] as const).map((each) => (
        <td key={each} class="number" data-figure={each}><Time ms={group[each]} before={before?.[each]} /></td>
      ))}
      <td><Shares bands={report.bands} shares={group.bands} before={before?.bands} /></td>
      <td>{results.length ? results.map(([name, n]) => `${name === "none" ? t("report.no_result") : word("contact_result", name)} ${n}`).join(" · ") : "–"}</td>
    </tr>
  );
}

export function AnswerTables({ now, before }: { now: AnswerReport; before: AnswerReport | null }) {
  const others = new Map(before?.groups.map((group) => [keyOf(group), group]));
  const timed = now.by === "hour" || now.by === "day";
  const left = Object.entries(now.left_out);
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={t("report.answer")}>
      <table class="rates" data-answer>
        <thead><tr>
          <th scope="col">{t("report.group")}</th>
          {numbers.map((each) => <th key={each} scope="col" class="number">{t(`report.${each}`)}</th>)}
          {(["median", "p90", "p95", "longest"] as const).map((each) => <th key={each} scope="col" class="number">{t(`report.${each}`)}</th>)}
          <th scope="col">{t("report.bands")}</th><th scope="col">{t("report.results")}</th>
        </tr></thead>
        <tbody>
          <Row report={now} group={now.all} before={before?.all} name={t("report.all")} />
          {now.groups.map((group, i) => <Row key={i} report={now} group={group} before={timed ? undefined : others.get(keyOf(group))} name={groupName(now.by, group)} />)}
        </tbody>
      </table>
      <p class="quiet-text" data-left-out>{t("report.left_out")}: {left.length ? left.map(([channel, n]) => `${word("channel", channel)} ${n}`).join(" · ") : t("report.nothing")}</p>
    </div>
  );
}
