/* Handing over: what is offered to whom, by whom and until when; taken with one press, or refused with a reason. */
import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import { fullInstant } from "../../shared/time";
import type { MatterSheet, TimelineEvent } from "../../shared/types";
import { act } from "../actions/act";
import { inputsOf, eventArgs } from "../event_form";
import { namesOf } from "../editions";
import { fetchMatter, openEvent, ourAgency } from "../matter_model";
import { timeline } from "../sheet_model";
import { agencyName, operatorName, say } from "../state";
import { sayRefusal } from "../ui/button";
import { focusIn } from "../ui/focus";
import { Due } from "./due";

const actorOf = (event: TimelineEvent | undefined): string => operatorName(event?.actor?.split("/").pop());

/* Who offered it last, as the record has it. */
function offeredBy(offer: string): TimelineEvent | undefined {
  return [...timeline.value].reverse().find((each) => each.kind === "matter_set" && each.body.act === offer);
}

async function acknowledge(sheet: MatterSheet, event: string, title: string): Promise<void> {
  const choice = sheet.choices.find((each) => each.event === event);
  if (!choice) return;
  const inputs = inputsOf(choice, namesOf(sheet.matter.edition).content);
  if (inputs.some((each) => each.required)) {
    openEvent.value = { event, values: {} };
    return;
  }
  try {
    await act.perform({ id: sheet.case.id, version: sheet.case.version }, eventArgs(choice, inputs, {}, sheet.matter.offer_hash));
    say(t("matter.done", { id: sheet.case.id, event: title }));
    await fetchMatter();
    focusIn("#sheet-title");
  } catch (error) {
    sayRefusal(error);
  }
}

export function HandOver({ sheet }: { sheet: MatterSheet }) {
  const busy = useSignal(false);
  const matter = sheet.matter, names = namesOf(matter.edition), rules = names.content?.hand_over;
  if (!rules) return null;
  const stands = matter.offer_hash !== "", judged = matter.responsibility === rules.arbitration;
  if (!stands && !judged && !matter.with_agency && !matter.returns) return null;
  const may = (event: string): boolean => sheet.choices.some((each) => each.event === event);
  const limit = sheet.promises.find((each) => each.clock === rules.timeout && each.stopped_at_ms === null);
  const offer = stands ? offeredBy(rules.offer) : undefined;
  const press = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    await acknowledge(sheet, rules.acknowledge, names.event(rules.acknowledge)).finally(() => (busy.value = false));
  };
  return (
    <section class={stands && ourAgency(matter.offered_to) ? "hand-over ours" : "hand-over"} aria-labelledby="hand-over-title" data-hand-over={stands ? "offered" : judged ? "arbitration" : "settled"}>
      <div class="section-head">
        <h3 id="hand-over-title">{t("hand_over.title")}</h3>
        <span class="badge">{names.state(matter.responsibility)}</span>
      </div>
      <dl class="details">
        {stands && <div><dt>{t("hand_over.to")}</dt><dd>{agencyName(matter.offered_to)}</dd></div>}
        {stands && (
          <div>
            <dt>{t("hand_over.by")}</dt>
            <dd>{actorOf(offer)} · {fullInstant(matter.offered_at_ms)} · <code title={matter.offer_hash} data-offer-hash>{matter.offer_hash.slice(0, 8)}</code></dd>
          </div>
        )}
        {stands && limit && (
          <div><dt>{names.clock(rules.timeout)}</dt><dd><Due at={limit.due_at_ms} provisional={limit.provisional} paused={limit.paused} /></dd></div>
        )}
        {!stands && matter.with_agency && <div><dt>{t("hand_over.with")}</dt><dd>{agencyName(matter.with_agency)}</dd></div>}
        {(matter.returns > 0 || stands) && (
          <div><dt>{t("hand_over.returns")}</dt><dd data-returns>{t("hand_over.returns_of", { n: matter.returns, limit: Number(rules.returns) })}</dd></div>
        )}
      </dl>
      {judged && <p>{t("hand_over.arbitration")}</p>}
      {stands && (may(rules.acknowledge) || may(rules.refuse)) && (
        <div class="buttons">
          {may(rules.acknowledge) && (
            <button type="button" class="main" data-acknowledge onClick={() => void press()}>
              {names.event(rules.acknowledge)}
            </button>
          )}
          {may(rules.refuse) && (
            <button type="button" data-refuse onClick={() => (openEvent.value = { event: rules.refuse, values: {} })}>
              {names.event(rules.refuse)} …
            </button>
          )}
        </div>
      )}
    </section>
  );
}
