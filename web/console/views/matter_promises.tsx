/* The promises of a matter: those that run first, with what became of them and why a date moved. */
import { t, word } from "../../shared/i18n";
import { fullInstant } from "../../shared/time";
import type { MatterSheet, PromiseRow } from "../../shared/types";
import { namesOf } from "../editions";
import { movesOfPromise } from "../matter_words";
import { timeline } from "../sheet_model";
import { Due } from "./due";

function Promise_({ promise, edition }: { promise: PromiseRow; edition: string }) {
  const names = namesOf(edition), ended = promise.stopped_at_ms !== null;
  const moves = movesOfPromise(promise.id, timeline.value);
  return (
    <li class={ended ? "promise past" : "promise"} data-promise={promise.clock} data-promise-state={ended ? "ended" : promise.paused ? "paused" : "runs"}>
      <p class="assignment-head">
        <strong>{names.clock(promise.clock)}</strong>
        {ended
          ? <span class="quiet-text">{t("promise.ended", { time: fullInstant(promise.stopped_at_ms) })}</span>
          : <Due at={promise.due_at_ms} provisional={promise.provisional} paused={promise.paused} />}
        {!ended && promise.due_at_ms !== null && <span class="quiet-text">{t("matter.due_at", { time: fullInstant(promise.due_at_ms) })}</span>}
        {promise.breached_at_ms !== null && <span class="badge breached">{t("promise.breached", { time: fullInstant(promise.breached_at_ms) })}</span>}
        <span class="quiet-text">{word("force", promise.force)} · {t("promise.measures", { who: names.whom(promise.measures) })}</span>
      </p>
      {promise.provisional && !ended && <p class="hint">{t("due.provisional")}</p>}
      {moves.length > 0 && (
        <ul class="plain moves">
          {moves.map((each) => (
            <li key={`${each.at_ms} ${each.why}`} data-moved={each.why}>
              <span class="quiet-text">{fullInstant(each.at_ms)}</span> {word("promise_change", each.why)}
              {each.due_at_ms !== null && ` · ${t("matter.due_at", { time: fullInstant(each.due_at_ms) })}`}
              {each.reason && <span class="said"> · {each.reason}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

export function Promises({ sheet }: { sheet: MatterSheet }) {
  const open = (each: PromiseRow): number => (each.stopped_at_ms === null ? 0 : 1);
  const list = [...sheet.promises].sort((a, b) => open(a) - open(b) || (a.due_at_ms ?? Infinity) - (b.due_at_ms ?? Infinity));
  if (!list.length) return null;
  return (
    <>
      <h3>{t("matter.promises")}</h3>
      <ul class="plain promises">
        {list.map((each) => <Promise_ key={each.id} promise={each} edition={sheet.matter.edition} />)}
      </ul>
    </>
  );
}
