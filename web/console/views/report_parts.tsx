/* What tables of all reports have in common. */
import { t, word } from "../../shared/i18n";
import { instant, span } from "../../shared/time";
import { classText } from "../actions/lookup";
import { percent, type Band, type Share } from "../report_model";
import { agencyName, callSign, operatorName } from "../state";

/* A time beside the same of the period that it is compared with. */
export function Time({ ms, before }: { ms: number | null; before?: number | null | undefined }) {
  const text = (value: number | null): string => (value === null ? "–" : value < 60_000 ? `${(value / 1000).toFixed(1)} s` : span(value));
  return <>{text(ms)}{before !== undefined && <Before value={text(before)} />}</>;
}

export function Count({ n, before }: { n: number; before?: number | undefined }) {
  return <>{n}{before !== undefined && <Before value={String(before)} />}</>;
}

function Before({ value }: { value: string }) {
  return <small class="before">{t("report.before", { value })}</small>;
}

/* Held or missed is said in words, too: colour alone says nothing to some. */
export function Shares({ bands, shares, before }: { bands: readonly Band[]; shares: readonly Share[]; before?: readonly Share[] | undefined }) {
  if (!shares.length) return <>–</>;
  return (
    <ul class="plain bands">
      {shares.map((share, i) => {
        const band = bands[i];
        if (!band) return null;
        const state = share.held === null ? "uncounted" : share.held ? "held" : "missed";
        const about = [band.class && classText(band.class), band.priority > 0 && `P${band.priority}`].filter(Boolean).join(" ");
        return (
          <li key={i} class={`band-${state}`} data-band={state} title={`${band.source} (${word("certain", band.certainty)})`}>
            {band.name}{about && ` ${about}`} {t("report.within", { time: span(band.most_ms) })}
            {band.percent > 0 && ` (${t("report.asked", { n: band.percent })})`}: <strong>{percent(share)}</strong>{" "}
            <span class="quiet-text">{t("report.share", { n: share.numerator, m: share.denominator })}</span>
            {state !== "uncounted" && <> · {t(`report.${state}`)}</>}
            {before?.[i] && <Before value={percent(before[i])} />}
          </li>
        );
      })}
    </ul>
  );
}

export function groupName(by: string | null, group: { at_ms?: number; operator?: string | null; line?: string; class?: string; priority?: number; agency?: string | null; unit?: string | null }): string {
  switch (by) {
    case "hour":
    case "day": return instant(group.at_ms ?? null);
    case "operator": return group.operator ? operatorName(group.operator) : t("report.nobody");
    case "line": return group.line || "–";
    case "class": return classText(group.class ?? "");
    case "priority": return String(group.priority ?? "");
    case "agency": return agencyName(group.agency ?? null);
    case "unit": return group.unit ? callSign(group.unit) : "–";
    default: return t("report.all");
  }
}
