/* The exercise, for whoever leads it: how fast it goes, and what became of each call so far. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refusal, tryAsk, type Problem } from "../../shared/api";
import { t } from "../../shared/i18n";
import { span } from "../../shared/time";
import { steerExercise, type Steer } from "../actions/steer_exercise";
import { capability, classText } from "../actions/lookup";
import { go, me } from "../state";
import { ProblemBox } from "../ui/problem";

type Verdict = boolean | null;
interface ReportCall {
  call: string; came: boolean; case: string; class: string; missed: boolean; joined: Verdict; class_right: Verdict; units_right: Verdict;
  answer_ms: number | null; opened_ms: number | null; dispatched_ms: number | null;
  answered_in_time: Verdict; opened_in_time: Verdict; dispatched_in_time: Verdict;
  units: { capability: string; expected: number; sent: number }[];
}
interface Report {
  title: string; about: string; exercise_ms: number; calls: ReportCall[];
  figures: { calls: number; came: number; answered: number; missed: number; expected: number; held: number };
}
interface Answer {
  training: boolean;
  exercise: { id: string; name: string; pace_percent: number; paused: boolean; running: boolean; report: Report | null } | null;
}

const EVERY_MS = 1000;
const PACE_LEAST = 10, PACE_MOST = 20_000; /* percent */
const answer = signal<Answer | null>(null);
const problem = signal<Problem | null>(null);

async function look(): Promise<void> {
  const next = await tryAsk<Answer>("/v1/exercises/current");
  if (next) answer.value = next;
}

async function steer(args: Steer): Promise<void> {
  try {
    await steerExercise.perform(undefined, args);
    problem.value = null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem.value = error.problem;
  }
  await look();
}

function Kept({ verdict }: { verdict: Verdict }) {
  if (verdict === null) return null;
  return (
    <span class={verdict ? "kept-yes" : "kept-no"}>
      {" "}<span aria-hidden="true">{verdict ? "✓" : "✗"}</span><span class="sr">{t(verdict ? "exercise.kept" : "exercise.not_kept")}</span>
    </span>
  );
}

const Span = ({ ms, verdict }: { ms: number | null; verdict: Verdict }) => (
  <td class="number">{ms === null ? "–" : span(ms)}<Kept verdict={verdict} /></td>
);

function Call({ call }: { call: ReportCall }) {
  return (
    <tr data-exercise-call={call.call} class={call.came ? "" : "quiet-text"}>
      <th scope="row">
        {call.case ? <a href={`/case/${call.case}`} onClick={(event) => { event.preventDefault(); go(`/case/${call.case}`); }}>{call.call}</a> : call.call}
      </th>
      {call.came ? (
        <>
          <Span ms={call.answer_ms} verdict={call.answered_in_time} />
          <Span ms={call.opened_ms} verdict={call.opened_in_time} />
          <Span ms={call.dispatched_ms} verdict={call.dispatched_in_time} />
          <td>{call.class ? classText(call.class) : "–"}<Kept verdict={call.class_right} /></td>
          <td>{call.joined === null ? "" : <Kept verdict={call.joined} />}</td>
          <td>{call.units.map((each) => `${capability(each.capability)} ${each.sent}/${each.expected}`).join(", ")}<Kept verdict={call.units_right} /></td>
          <td>{call.missed && <strong class="late">{t("exercise.missed")}</strong>}</td>
        </>
      ) : <td colSpan={7}>{t("exercise.not_yet")}</td>}
    </tr>
  );
}

function ReportTable({ report }: { report: Report }) {
  return (
    <>
      <p>{t("exercise.figures", report.figures)}</p>
      <div class="scroll" tabIndex={0} role="group" aria-label={t("exercise.title")}>
        <table>
          <thead>
            <tr>
              {(["call", "answered", "opened", "dispatched", "class", "joined", "units", "missed"] as const).map((each) => (
                <th key={each} scope="col">{t(`exercise.${each}`)}</th>
              ))}
            </tr>
          </thead>
          <tbody>{report.calls.map((call) => <Call key={call.call} call={call} />)}</tbody>
        </table>
      </div>
      <p class="hint">{t("exercise.times")}</p>
    </>
  );
}

function Steering({ now }: { now: NonNullable<Answer["exercise"]> }) {
  const pace = now.pace_percent;
  const to = (next: number): number => Math.max(PACE_LEAST, Math.min(PACE_MOST, Math.round(next)));
  return (
    <p class="row" role="group" aria-label={t("exercise.change")}>
      <button type="button" data-exercise-pause onClick={() => void steer({ paused: !now.paused })}>{t(now.paused ? "exercise.go_on" : "exercise.pause")}</button>{" "}
      <button type="button" data-exercise-faster onClick={() => void steer({ pace_percent: to(pace * 2) })}>{t("exercise.faster")}</button>{" "}
      <button type="button" onClick={() => void steer({ pace_percent: to(pace / 2) })}>{t("exercise.slower")}</button>{" "}
      <button type="button" data-exercise-stop onClick={() => void steer({ stopped: true })}>{t("exercise.stop")}</button>
    </p>
  );
}

export function Exercise() {
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const now = answer.value?.exercise;
  const state = !now ? "" : !now.running ? t("exercise.over") : now.paused ? t("exercise.paused") : t("exercise.running", { pace: now.pace_percent / 100 });
  return (
    <section class="panel sheet" aria-labelledby="exercise-title" data-exercise={now ? (now.running ? "running" : "over") : "none"}>
      <div class="panel-head">
        <h2 id="exercise-title">{t("exercise.title")}{now && ` · ${now.report?.title || now.name}`}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      {answer.value && !now && <p class="empty">{t(me.value?.training ? "exercise.none" : "exercise.real")}</p>}
      {now && <p data-exercise-state>{state}{now.report && ` · ${t("exercise.at", { time: span(now.report.exercise_ms) })}`}</p>}
      {now?.running && steerExercise.predicate() && <Steering now={now} />}
      <ProblemBox problem={problem.value} />
      {now?.report?.about && <p class="hint">{now.report.about}</p>}
      {now?.report?.calls && <ReportTable report={now.report} />}
    </section>
  );
}
