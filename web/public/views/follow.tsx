/* Following a matter: where it stands, who must act now, until when, and why a date moved. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, isPassing, Refusal } from "../../shared/api";
import { say, t } from "../i18n";
import { leading, standing, typedCode, type PublicCase, type PublicPromise } from "../model";
import { Card } from "../parts";
import { receiptAddress } from "../route";
import { day } from "../when";
import { Acts } from "./act";
import { Rate } from "./rate";
import { CodeForm } from "./start";
import { Moves, Notices, Promises, Steps, Texts } from "./story";

/* Seen again after so long, the page asks anew. */
const STALE_MS = 60_000;

function Until({ matter, promise }: { matter: PublicCase; promise: PublicPromise | null }) {
  if (matter.closed) return null;
  const stands = promise ? standing(promise, matter.now_ms, matter.closed) : null;
  return (
    <>
      <dt>{t("follow.until")}</dt>
      <dd data-until={stands ?? "none"}>
        {!promise && t("follow.until.none")}
        {stands === "paused" && t("follow.until.paused")}
        {promise && stands !== "paused" && promise.due_at_ms !== null && <strong class="date">{day(promise.due_at_ms)}</strong>}
        {promise && stands === "overdue" && promise.due_at_ms !== null && (
          <span class="overdue">{t("follow.date.overdue", { at: day(promise.due_at_ms) })}</span>
        )}
        {promise && stands === "overdue" && <small>{t(promise.yours ? "follow.date.missed.yours" : "follow.date.missed")}</small>}
        {promise && <small>{say(promise.label)}</small>}
        {promise?.provisional && <small class="provisional">{t("follow.date.provisional")}</small>}
      </dd>
    </>
  );
}

function Stands({ matter }: { matter: PublicCase }) {
  const ours = matter.waiting_for_you ? leading({ ...matter, waiting_for_you: false }) : null;
  return (
    <Card title={t("follow.stands")} name="stands" kind={matter.waiting_for_you && !matter.closed ? "yours" : ""}>
      <p class="state" data-state={matter.state}>{say(matter.label)}</p>
      <dl class="stands">
        {!matter.closed && say(matter.next) && <><dt>{t("follow.next")}</dt><dd>{say(matter.next)}</dd></>}
        <dt>{t("follow.waiting")}</dt>
        <dd data-waiting={matter.closed ? "none" : matter.waiting_for_you ? "you" : "us"}>
          {matter.closed ? t("follow.waiting.none")
            : matter.waiting_for_you ? <><strong>{t("follow.waiting.you")}</strong><small>{t("follow.waiting.you.more")}</small></>
              : <strong>{say(matter.waiting_for) || "–"}</strong>}
        </dd>
        <Until matter={matter} promise={leading(matter)} />
        {ours?.paused && <dd class="more">{say(ours.label)}: {t("follow.until.paused")}</dd>}
      </dl>
      {matter.supervised && <p class="notice">{t("follow.supervised")}</p>}
      {matter.joined && <p class="notice">{t("follow.joined")}</p>}
      {matter.closed && say(matter.reply) && <p>{say(matter.reply)}</p>}
      {matter.closed && say(matter.remedies) && (
        <div class="notice warn" data-remedies><strong>{t("follow.remedies")}</strong><p>{say(matter.remedies)}</p></div>
      )}
    </Card>
  );
}

function Matter({ matter, code, again }: { matter: PublicCase; code: string; again: () => Promise<void> }) {
  return (
    <>
      <Stands matter={matter} />
      {(matter.rating.may || matter.rating.level > 0) && <Rate matter={matter} code={code} again={again} />}
      <Acts matter={matter} code={code} again={again} />
      <Texts matter={matter} />
      <Notices matter={matter} />
      <Promises matter={matter} />
      <Moves matter={matter} />
      <Steps matter={matter} />
      <p class="row"><a class="button" data-in href={receiptAddress(code)}>{t("follow.receipt")}</a> <a data-in href="/follow">{t("follow.other")}</a></p>
    </>
  );
}

/* What was last known of the matter, and whether the last look failed. */
function useMatter(code: string) {
  const [matter, setMatter] = useState<PublicCase | null>(null);
  const [problem, setProblem] = useState<Refusal | null>(null);
  const [looking, setLooking] = useState(false);
  const wanted = useRef(code), seen = useRef(0);
  wanted.current = code;
  async function again(): Promise<void> {
    setLooking(true);
    try {
      const answer = await ask<{ case: PublicCase }>(`/public/cases/${encodeURIComponent(code)}`);
      if (wanted.current !== code) return;
      seen.current = Date.now();
      setMatter(answer.case);
      setProblem(null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (wanted.current === code) setProblem(error);
    } finally {
      setLooking(false);
    }
  }
  useEffect(() => {
    setMatter(null);
    setProblem(null);
    if (!code) return;
    void again();
    const look = (): void => { if (!document.hidden && Date.now() - seen.current > STALE_MS) void again(); };
    const online = (): void => { void again(); };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", online);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", online);
    };
  }, [code]);
  return { matter, problem, looking, again };
}

export function Follow({ typed }: { typed: string }) {
  const code = typedCode(typed) ?? "";
  const { matter, problem, looking, again } = useMatter(code);
  if (!code) {
    return (
      <>
        <h1 tabIndex={-1}>{t("follow.title")}</h1>
        {typed && <p class="notice bad" role="alert" data-problem="no-code">{t("problem.code")}</p>}
        <section class="card"><CodeForm /></section>
      </>
    );
  }
  const away = problem !== null && isPassing(problem.problem);
  return (
    <>
      <h1 tabIndex={-1}>{matter ? say(matter.title) : t("follow.title")}</h1>
      {matter && <p class="under">{t("follow.number", { reference: matter.reference })}. {t("follow.received", { at: day(matter.received_at_ms) })}</p>}
      <div aria-live="polite">
        {!matter && !problem && <p>{t("app.loading")}</p>}
        {matter && away && <p class="notice warn" data-stale>{t("follow.stale", { at: day(matter.now_ms) })}</p>}
        {matter && !away && <p class="hint">{t("follow.as_of", { at: day(matter.now_ms) })}</p>}
      </div>
      {problem && !matter && (
        <div class="notice bad" role="alert" data-problem={problem.problem.code}>
          <p>{away ? t("problem.reach") : problem.problem.code === "not-found" ? t("problem.unknown") : t("problem.code")}</p>
        </div>
      )}
      <p class="row"><button type="button" onClick={() => void again()} aria-disabled={looking}>{t("follow.again")}</button></p>
      {problem && !matter && !away && <section class="card"><CodeForm /></section>}
      {matter && <Matter matter={matter} code={code} again={again} />}
    </>
  );
}
