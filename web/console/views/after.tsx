/* One page to read after an incident: what it was, who reported it, which units did what and when, every clock, and everything
 * that anyone did, with what it was before; the event of the record behind each line is one press away. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, Refusal, type Problem } from "../../shared/api";
import { lang, t, texts, word, type Key } from "../../shared/i18n";
import { fullInstant, span } from "../../shared/time";
import type { AssignmentRow, ClockRow, ContactRow, Delivery, Id, Recommendation, Sheet, TimelineEvent } from "../../shared/types";
import { classText } from "../actions/lookup";
import { changesOf, type FieldChange } from "../report_model";
import { agencyName, callSign, go, operatorName } from "../state";
import { ProblemBox } from "../ui/problem";
import { Kept, pastAssignments, sentence } from "./sheet_timeline";

interface RecordAnswer extends Sheet { more: boolean; events: TimelineEvent[]; deliveries: Delivery[] | null; deliveries_more: boolean }

const milestones = ["assigned", "acknowledged", "en_route", "on_scene", "transporting", "at_destination", "cleared"] as const;

function Facts({ data }: { data: RecordAnswer }) {
  const row = data.case, said = row.personal;
  const facts: [string, string][] = [
    [t("after.field.class"), classText(row.class)], [t("after.field.priority"), String(row.priority)],
    [t("sheet.jurisdiction"), agencyName(row.jurisdiction)], [t("sheet.owner"), operatorName(row.owner)],
    [t("sheet.opened"), t("sheet.opened_by", { time: fullInstant(row.opened_at_ms), who: operatorName(row.opened_by) })],
    [word("case_state", row.state), row.closed_at_ms === null ? "–" : `${fullInstant(row.closed_at_ms)} · ${word("outcome", row.outcome)}`],
    [t("after.field.address"), said?.address ?? "–"], [t("after.field.description"), said?.description ?? "–"],
  ];
  return (
    <dl class="details">
      {facts.map(([name, text]) => <div key={name}><dt>{name}</dt><dd class="said">{text}</dd></div>)}
    </dl>
  );
}

function Caller({ contact }: { contact: ContactRow }) {
  const parts = [
    `${contact.id} · ${word("channel", contact.channel)}`, contact.personal?.number, contact.personal?.name,
    contact.rang_at_ms !== null && t("after.rang", { time: fullInstant(contact.rang_at_ms) }),
    contact.answered_at_ms !== null && t("after.answered", { time: fullInstant(contact.answered_at_ms), who: operatorName(contact.operator) }),
    contact.abandoned_at_ms !== null && t("after.abandoned", { time: fullInstant(contact.abandoned_at_ms) }),
    contact.ended_at_ms !== null && t("after.ended", { time: fullInstant(contact.ended_at_ms) }),
    contact.result && word("contact_result", contact.result),
  ];
  return (
    <li data-caller={contact.id}>
      {parts.filter(Boolean).join(" · ")}
      {contact.personal?.text && <p class="said">{contact.personal.text}</p>}
    </li>
  );
}

function Units({ list }: { list: AssignmentRow[] }) {
  if (!list.length) return <p>{t("after.none")}</p>;
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={t("after.units")}>
      <table class="rates" data-units>
        <thead><tr>
          <th scope="col">{t("after.unit")}</th>
          {milestones.map((each) => <th key={each} scope="col">{word("assignment_state", each)}</th>)}
          <th scope="col">{t("after.why_cleared")}</th>
        </tr></thead>
        <tbody>
          {list.map((row) => (
            <tr key={row.id}>
              <th scope="row">{callSign(row.unit)}</th>
              {milestones.map((each) => <td key={each}>{fullInstant(row[`${each}_at_ms`])}</td>)}
              <td>{row.ended ? word("end_reason", row.ended) : word("assignment_state", row.state)}{row.report_code && ` · ${row.report_code}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ClockLine({ clock }: { clock: ClockRow }) {
  const parts = [
    word("clock_kind", clock.kind), span(clock.budget_ms ?? 0),
    clock.stopped_at_ms === null ? t("after.runs") : t("after.stopped", { time: fullInstant(clock.stopped_at_ms) }),
    clock.breached_at_ms !== null && t("after.breached", { time: fullInstant(clock.breached_at_ms) }),
    clock.rung > 0 && t("after.rungs", { n: clock.rung }),
  ];
  return <li class={clock.breached_at_ms === null ? "" : "band-missed"}>{parts.filter(Boolean).join(" · ")}</li>;
}

/* What left the house about it, and whether it arrived; nothing said where nothing was to be sent. */
function Told({ data }: { data: RecordAnswer }) {
  if (data.deliveries?.length === 0) return null;
  return (
    <>
      <h2>{t("after.told")}</h2>
      {data.deliveries === null && <p class="warning" data-told="unknown">{t("after.told_unknown")}</p>}
      {data.deliveries_more && <p class="warning">{t("after.told_more")}</p>}
      {data.deliveries && (
        <div class="wide" tabIndex={0} role="region" aria-label={t("after.told")}>
          <table class="rates" data-told>
            <thead><tr>
              <th scope="col">{t("alerts.channels")}</th><th scope="col">{t("alerts.event")}</th><th scope="col">{t("after.told_made")}</th>
              <th scope="col">{t("alerts.state")}</th><th scope="col">{t("alerts.tries")}</th><th scope="col">{t("alerts.last")}</th>
            </tr></thead>
            <tbody>
              {data.deliveries.map((row) => (
                <tr key={row.id} data-delivery={row.id} data-state={row.state}>
                  <th scope="row">{row.channel_name} <span class="quiet-text">{word("alert_kind", row.channel_kind)}</span></th>
                  <td>{word("alert_event", row.event)}</td>
                  <td>{fullInstant(row.made_at_ms)}</td>
                  <td class={["failed", "gave_up", "switched_off"].includes(row.state) ? "band-missed" : ""}>{word("delivery_state", row.state)}</td>
                  <td class="number">{row.tries}</td>
                  <td>{row.last_at_ms !== null && `${fullInstant(row.last_at_ms)} `}<span lang="en">{row.last_answer}</span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function valueText(field: string, value: string): string {
  if (!value) return "–";
  if (field === "class") return classText(value);
  if (field === "jurisdiction") return agencyName(value);
  if (field === "owner") return operatorName(value);
  return value;
}

function Change({ change }: { change: FieldChange }) {
  const key = `after.field.${change.field}`;
  const field = key in texts.en ? t(key as Key) : change.field;
  return <p class="changed" data-change={change.field}>{t("after.was", { field, old: valueText(change.field, change.old), new: valueText(change.field, change.new) })}</p>;
}

function Line({ event, changes }: { event: TimelineEvent; changes: readonly FieldChange[] }) {
  const desk = !event.actor || event.actor === "0" || event.actor === "desk";
  const occurred = event.body.occurred_at_ms;
  const said = changes.length ? [] : Object.values(event.personal ?? {}).filter(Boolean);
  return (
    <li class={`event event-${event.kind}`} data-seq={event.seq}>
      <time dateTime={new Date(event.at_ms).toISOString()}>{fullInstant(event.at_ms)}</time>{" "}
      <span class="quiet-text">{desk ? t("event.desk") : operatorName(event.actor?.split("/").pop() ?? "")}</span>{" "}
      <span>{sentence(event, undefined)}</span>
      {typeof occurred === "number" && occurred !== event.at_ms && <span class="quiet-text"> · {t("after.happened", { time: fullInstant(occurred) })}</span>}
      {event.kind === "recommended" && <Kept content={event.body as unknown as Recommendation} />}
      {changes.map((change) => <Change key={change.field} change={change} />)}
      {said.map((text, i) => <p key={i} class="said">{text}</p>)}
      <details class="raw no-print">
        <summary>{t("after.raw", { seq: event.seq })}</summary>
        <pre tabIndex={0}>{JSON.stringify(event, null, 1)}</pre>
      </details>
    </li>
  );
}

function Events({ data }: { data: RecordAnswer }) {
  const looks = useSignal(false);
  const changes = changesOf(data.events);
  return (
    <>
      <h2>{t("after.events")}</h2>
      <label class="no-print"><input type="checkbox" name="looks" checked={looks.value} onChange={(event) => { looks.value = event.currentTarget.checked; }} /> {t("after.looks")}</label>
      {data.more && <p class="warning">{t("after.more")}</p>}
      <ol class="plain after-events" data-events>
        {data.events.map((event, i) => (looks.value || event.kind !== "looked") && <Line key={event.seq} event={event} changes={changes[i] ?? []} />)}
      </ol>
    </>
  );
}

export function After({ id }: { id: Id }) {
  const data = useSignal<RecordAnswer | null>(null);
  const problem = useSignal<Problem | null>(null);
  useEffect(() => {
    const load = async (): Promise<void> => {
      try {
        const answer = await ask<RecordAnswer>(`/v1/cases/${id}/record`);
        pastAssignments.value = answer.assignments;
        data.value = answer;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        problem.value = error.problem;
      }
    };
    void load();
    return () => { pastAssignments.value = []; };
  }, [id]);
  const zone = -new Date().getTimezoneOffset();
  const file = (format: string) => `/v1/cases/${id}/record?format=${format}&lang=${lang.value}&zone_min=${zone}&bom=1`;
  const shown = data.value;
  return (
    <main class="reports page" data-after={id}>
      <div class="panel-head">
        <h1>{t("after.title", { id })}</h1>
        <span class="no-print">
          <a href={file("csv")} download data-csv>{t("report.csv")}</a>{" "}
          <a href={file("xlsx")} download data-xlsx>{t("report.xlsx")}</a>{" "}
          <button type="button" class="quiet" onClick={() => print()}>{t("report.print")}</button>{" "}
          <button type="button" class="quiet" onClick={() => go(`/case/${id}`)}>{t("app.back")}</button>
        </span>
      </div>
      <ProblemBox problem={problem.value} />
      {!shown && !problem.value && <p class="empty">{t("app.loading")}</p>}
      {shown && (
        <>
          <h2>{t("after.facts")}</h2>
          <Facts data={shown} />
          <h2>{t("after.callers")}</h2>
          {shown.contacts.length ? <ul class="plain">{shown.contacts.map((each) => <Caller key={each.id} contact={each} />)}</ul> : <p>{t("after.none")}</p>}
          <h2>{t("after.units")}</h2>
          <Units list={shown.assignments} />
          <h2>{t("after.clocks")}</h2>
          <ul class="plain">{shown.clocks.map((each) => <ClockLine key={each.id} clock={each} />)}</ul>
          {shown.links.length > 0 && (
            <>
              <h2>{t("after.others")}</h2>
              <ul class="plain">{shown.links.map((each) => <li key={each.id}>{word("link_kind", each.kind)} {each.other}</li>)}</ul>
            </>
          )}
          <Told data={shown} />
          <Events data={shown} />
        </>
      )}
    </main>
  );
}
