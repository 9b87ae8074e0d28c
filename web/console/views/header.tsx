/* The bar at the top: connection, what is not saved, the desk's time, who is here. */
import { pending } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { fullInstant, instant, now, span } from "../../shared/time";
import { partOf } from "../../shared/types";
import { longestWait, ringing } from "../call_lists";
import { confirmClock } from "../actions/confirm_clock";
import { logOut } from "../actions/log_out";
import { printPage } from "../actions/print_page";
import { keeping } from "../saving";
import { boardLoaded, go, heardAt, link, may, mayMatters, mayTake, mayReport, me, onlyOfficer, operatorName, path, shownMatter, vitals } from "../state";
import { timerNames } from "../timers";
import { forTheHouse, vitalWarnings, type VitalWarning } from "../vitals";
import { isOverdue } from "../matter_queues";
import { ActionButton } from "../ui/button";
import { SoundSwitch } from "./attention";
import { CommandLine } from "./command_line";
import { HelpButton } from "./duress";
import { LanguageSwitch } from "./language";
import { LevelNow, Seat, ToShift } from "./seat";

function LinkState() {
  const state = link.value;
  return (
    <span class={`state link-${state}`} role="status" data-link={state}>
      <span class="dot" aria-hidden="true" />
      <span class="bar-text">{t(`link.${state}`)}</span>
    </span>
  );
}

function SaveState() {
  const waiting = pending.value.filter((entry) => entry.waiting);
  const state = waiting.length ? "waiting" : pending.value.length ? "saving" : "saved";
  return (
    <span class={`state save-${state}`} role="status" data-save={state} title={t(`save.${state}`, { n: waiting.length })}>
      <span class="bar-text">{t(`save.${state}`, { n: waiting.length })}</span>
    </span>
  );
}

function DeskTime() {
  return <time class="desk-time" aria-hidden="true">{instant(now.value)}</time>;
}

/* A desk without roads measures straight lines: said once, quietly, for the whole shift. */
function NoRoads() {
  const area = me.value?.area;
  const roads = partOf(area?.roads);
  if (!area || roads.loaded) return null;
  return <span class="state no-roads" title={[t("app.no_roads"), roads.reason].filter(Boolean).join(": ")} data-no-roads><span class="bar-text">{t("app.no_roads")}</span></span>;
}

function Brand() {
  return (
    <a class="brand" href="/" onClick={(event) => { event.preventDefault(); go("/"); }}>
      <span class="long">{t("app.name")}</span><span class="short" aria-hidden="true">{t("app.short")}</span>
    </a>
  );
}

/* The copy that this console keeps: when it was saved last, or why there is none. */
function CopyState() {
  const kept = keeping.value;
  if (kept.state === "none") return null;
  if (kept.state === "saved") {
    const time = instant(kept.at_ms);
    return <span class="state copy" data-copy="saved" title={t("copy.title", { time })}><span class="bar-text">{t("copy.saved", { time })}</span></span>;
  }
  const why = kept.reason ? t("copy.full", { reason: kept.reason }) : t("copy.unsafe");
  return <span class="state copy" data-copy="failed" title={why}>{t("copy.failed")}<span class="sr"> {why}</span></span>;
}

/* From incidents to matters and back, with what waits for a person there. */
function ToMatters() {
  if (!mayMatters() || onlyOfficer() || path.value === "/admin") return null;
  const there = path.value.startsWith("/matters") || shownMatter.value !== null;
  const over = [...rows("matter").values()].filter((each) => isOverdue(each, now.value)).length;
  return (
    <button type="button" class="quiet" aria-keyshortcuts={there ? undefined : "v"} data-to-matters onClick={() => go(there ? "/" : "/matters")}>
      {t(there ? "app.board" : "matters.title")}
      {!there && over > 0 && <span class="count due" title={t("queue.overdue")}> {over}<span class="sr"> {t("queue.overdue")}</span></span>}
    </button>
  );
}

/* Who waits longest is everybody's business, whatever page they are on. */
function Ringing() {
  const wait = longestWait(rows("contact").values(), now.value);
  if (wait === null || !mayTake()) return null;
  const n = ringing(rows("contact").values()).length;
  return (
    <span class="state ringing" data-longest={wait} title={`${t("phone.ringing", { n })}, ${t("phone.longest", { time: span(wait) })}`}>
      <span aria-hidden="true">☎ {n} · {span(wait)}</span>
      <span class="sr">{t("phone.ringing", { n })}, {t("phone.longest", { time: span(wait) })}</span>
    </span>
  );
}

function ToReports() {
  if (!mayReport() || path.value === "/reports") return null;
  return <button type="button" class="quiet" data-to-reports onClick={() => go("/reports")}>{t("report.title")}</button>;
}

/* Channels that the desk itself has switched off need somebody, and what was set aside. */
function ToAlerts() {
  if (!may("admin", "supervisor")) return null;
  const off = [...rows("alert_channel").values()].filter((each) => each.off).length;
  const aside = vitals.value.set_aside ?? 0;
  const there = path.value === "/alerts";
  return (
    <button type="button" class="quiet" data-to-alerts onClick={() => go(there ? "/" : "/alerts")}>
      {t(there ? "app.board" : "alerts.title")}
      {!there && off > 0 && <span class="count due" title={t("alerts.is_off")}> {off}<span class="sr"> {t("alerts.is_off")}</span></span>}
      {!there && aside > 0 && <span class="count due" data-aside={aside} title={t("vitals.set_aside", { n: aside })}> {aside}<span class="sr"> {t("delivery_state.set_aside")}</span></span>}
    </button>
  );
}

export function Header() {
  const admin = may("admin");
  const onAdmin = path.value === "/admin";
  return (
    <header class="bar">
      <Brand />
      {me.value?.training && (
        <button type="button" class="training" title={t("exercise.title")} data-to-exercise onClick={() => go("/exercise")}>{t("app.training")}</button>
      )}
      <LinkState />
      <SaveState />
      <Ringing />
      {path.value !== "/admin" ? <CommandLine /> : <span class="grow" />}
      <HelpButton />
      <SoundSwitch />
      <DeskTime />
      <NoRoads />
      <LevelNow />
      <Seat />
      <span class="who" title={t("app.position", { number: operatorName(me.value?.operator) })}>
        <span class="long">{t("app.position", { number: operatorName(me.value?.operator) })}</span>
        <span class="short" aria-hidden="true">{operatorName(me.value?.operator)}</span>
      </span>
      {admin && (
        <button type="button" class="quiet" onClick={() => go(onAdmin ? "/" : "/admin")}>
          {t(onAdmin ? "app.board" : "app.admin")}
        </button>
      )}
      <ToShift />
      <ToAlerts />
      <ToMatters />
      <ToReports />
      <CopyState />
      <ActionButton action={printPage} subject={undefined} args={undefined} quiet />
      <LanguageSwitch />
      <ActionButton action={logOut} subject={undefined} args={undefined} quiet />
    </header>
  );
}

const ACK_LIMIT_MS = 250;

/* One thing that the desk says of itself; what only an administrator can mend, with the way there. */
function Vital({ kind }: { kind: VitalWarning }) {
  const { set_aside = 0, quarantined = 0, timers_aside = 0, timers = [], time_doubt: doubt } = vitals.value;
  const n = kind === "set_aside" ? set_aside : kind === "timers_aside" ? timers_aside : quarantined;
  const way = kind === "set_aside" ? "/alerts" : kind === "quarantined" || (kind === "timers_aside" && may("admin")) ? "/admin" : null;
  return (
    <p class="warning" role="status" data-warning={kind}>
      {t(`vitals.${kind}`, { ms: ACK_LIMIT_MS, n, timers: timerNames(timers, timers_aside) })}
      {kind === "time_held" && doubt && <> {t(doubt.by_record ? "vitals.doubt_by_record" : "vitals.doubt", { wall: fullInstant(doubt.wall_at_ms), expected: fullInstant(doubt.expected_at_ms) })}</>}
      {way && path.value !== way && (
        <> <button type="button" class="quiet" onClick={() => go(way)}>{t(way === "/alerts" ? "vitals.to_alerts" : "vitals.to_admin")}</button></>
      )}
      {kind === "time_held" && confirmClock.predicate() && <> <ActionButton action={confirmClock} subject={undefined} args={undefined} /></>}
    </p>
  );
}

/* Who can do nothing about it need not read it all night. */
const concerns = (kind: VitalWarning): boolean =>
  !forTheHouse.includes(kind) || (kind === "quarantined" ? may("admin") : may("admin", "supervisor"));

/* Stands out while the desk cannot be reached, something is not saved, the server's clock may be wrong, or the desk itself is not well. */
export function Warnings() {
  const waiting = pending.value.filter((entry) => entry.waiting);
  return (
    <>
      {link.value === "lost" && boardLoaded.value && (
        <p class="warning" data-warning="stale">{t("link.stale", { time: instant(heardAt.value) })}</p>
      )}
      {(vitals.value.clock === "unsynchronised" || vitals.value.clock === "unknown") && (
        <p class="warning" role="status" data-warning="clock">{t(`link.clock_${vitals.value.clock}`)}</p>
      )}
      {vitalWarnings(vitals.value).filter(concerns).map((kind) => <Vital key={kind} kind={kind} />)}
      {waiting.length > 0 && (
        <section class="warning" aria-label={t("save.waiting", { n: waiting.length })} data-warning="unsaved">
          <p>{t("save.explain")}</p>
          <ul>
            {waiting.map((entry) => (
              <li key={entry.id}>
                {entry.label}{" "}
                <button type="button" onClick={entry.retry}>{t("save.retry")}</button>{" "}
                <button type="button" class="quiet" onClick={entry.giveUp}>{t("save.give_up")}</button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
