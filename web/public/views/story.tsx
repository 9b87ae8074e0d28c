/* The story of a matter: what was said, every date and how it moved, the steps so far. */
import { say, t, type Key } from "../i18n";
import { standing, type Moved, type PublicCase, type PublicPromise, type Text } from "../model";
import { Card, Words } from "../parts";
import { day } from "../when";

function valueText(text: Text): string {
  if (typeof text.value === "boolean") return t(text.value ? "act.yes" : "act.no");
  const known = text.words?.find((each) => each.word === text.value);
  return known ? say(known.label) : String(text.value);
}

export function Texts({ matter }: { matter: PublicCase }) {
  if (matter.texts.length === 0) return null;
  return (
    <Card title={t("follow.texts")} name="texts">
      <dl class="texts">
        {matter.texts.map((text) => (
          <div key={text.name} data-text={text.name}><dt>{say(text.label)}</dt><dd class="words">{valueText(text)}</dd></div>
        ))}
      </dl>
    </Card>
  );
}

export function Notices({ matter }: { matter: PublicCase }) {
  return (
    <Card title={t("follow.notices")} name="notices">
      {matter.notices.length === 0 && <p>{t("follow.notices.none")}</p>}
      {matter.notices.length > 0 && <ol class="story">
        {[...matter.notices].reverse().map((notice, i) => (
          <li key={matter.notices.length - i}><time>{day(notice.at_ms)}</time><Words text={say(notice.text)} /></li>
        ))}
      </ol>}
    </Card>
  );
}

function PromiseLine({ promise, matter }: { promise: PublicPromise; matter: PublicCase }) {
  const stands = standing(promise, matter.now_ms, matter.closed);
  const due = promise.due_at_ms === null ? "–" : day(promise.due_at_ms);
  const stopped = promise.stopped_at_ms === null ? "" : day(promise.stopped_at_ms);
  return (
    <li data-promise={promise.clock} data-stands={stands}>
      <strong>{say(promise.label)}</strong> <span class="tag">{t(promise.yours ? "follow.date.yours" : "follow.date.ours")}</span>
      <p>
        {stands === "running" && t("follow.date.due", { at: due })}
        {stands === "paused" && t("follow.date.paused")}
        {stands === "overdue" && <span class="overdue">{t("follow.date.overdue", { at: due })}</span>}
        {stands === "kept" && t(promise.yours ? "follow.date.over" : "follow.date.kept", { at: stopped })}
        {stands === "late" && t("follow.date.late", { at: stopped, due })}
        {stands === "ended" && t("follow.closed")}
      </p>
      {stands === "overdue" && <p><small>{t(promise.yours ? "follow.date.missed.yours" : "follow.date.missed")}</small></p>}
      {promise.provisional && stands === "running" && <p class="provisional">{t("follow.date.provisional")}</p>}
    </li>
  );
}

export function Promises({ matter }: { matter: PublicCase }) {
  if (matter.promises.length === 0) return null;
  return (
    <Card title={t("follow.dates")} name="dates">
      <ul class="story">{matter.promises.map((promise) => <PromiseLine key={promise.clock} promise={promise} matter={matter} />)}</ul>
    </Card>
  );
}

/* Why a date moved, in a sentence. */
export function movedText(moved: Moved): string {
  const from = moved.from_ms === null ? "" : day(moved.from_ms);
  const to = moved.to_ms === null ? from : day(moved.to_ms);
  if (moved.why === "paused") return t("moved.paused");
  if (moved.why === "breached") return t("moved.breached", { to });
  if (moved.why === "extended") return from && from !== to ? t("moved.extended", { from, to }) : t("moved.extended.from_none", { to });
  if (!["resumed", "reprojected", "migrated"].includes(moved.why)) return t("moved.other", { to });
  const same = !from || from === to;
  return t(`moved.${moved.why}${same ? ".same" : ""}` as Key, { from, to });
}

export function Moves({ matter }: { matter: PublicCase }) {
  return (
    <Card title={t("follow.moved")} name="moved">
      {matter.moved.length === 0 && <p>{t("follow.moved.none")}</p>}
      {matter.moved.length > 0 && <ol class="story">
        {[...matter.moved].reverse().map((moved, i) => (
          <li key={matter.moved.length - i} data-moved={moved.why}>
            <time>{day(moved.at_ms)}</time>
            <p><strong>{say(moved.label)}:</strong> {movedText(moved)}</p>
            {moved.reason && <Words text={t("moved.reason", { reason: moved.reason })} />}
          </li>
        ))}
      </ol>}
    </Card>
  );
}

export function Steps({ matter }: { matter: PublicCase }) {
  return (
    <Card title={t("follow.steps")} name="steps">
      <ol class="story">
        {matter.steps.map((step) => (
          <li key={`${step.at_ms} ${step.state}`}><time>{day(step.at_ms)}</time><p>{say(step.label)}</p></li>
        ))}
      </ol>
    </Card>
  );
}
