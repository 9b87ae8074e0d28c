/* Crews in danger, over everything else, on every console that may see them, until somebody says what was done. */
import { t } from "../../shared/i18n";
import { positions } from "../../shared/positions";
import { now, span } from "../../shared/time";
import type { DuressRow } from "../../shared/types";
import { acknowledgeDuress, callForHelp, duressCase, waitingDuress } from "../actions/safety";
import { callSign, go, me, operatorName } from "../state";
import { ActionButton } from "../ui/button";
import { TextField } from "../ui/fields";
import { FormBox, useForm } from "../ui/form";

const degrees = (value: number): string => value.toFixed(5);

function Place({ duress }: { duress: DuressRow }) {
  const at = positions.value.get(duress.unit);
  const moved = at && at.received_at_ms > (duress.raised_at_ms ?? 0) && (at.lat !== duress.lat || at.lon !== duress.lon);
  return (
    <>
      {duress.lat !== null && duress.lon !== null
        ? <span>{t("duress.place", { lat: degrees(duress.lat), lon: degrees(duress.lon) })}</span>
        : <span>{t("duress.no_place")}</span>}
      {moved && <span> · {t("duress.moved", { lat: degrees(at.lat), lon: degrees(at.lon) })}</span>}
    </>
  );
}

function Waiting({ duress }: { duress: DuressRow }) {
  const form = useForm(`duress/${duress.id}`, { note: "" });
  const submit = () =>
    form.submit((key) => acknowledgeDuress.perform(duress, { note: form.values.value.note?.trim() ?? "" }, key));
  const caseId = duress.case;
  return (
    <li data-duress={duress.id}>
      <p>
        <strong>{t("duress.row", { unit: duress.call_sign })}</strong>{" "}
        <span>{t("duress.since", { span: span(now.value - (duress.raised_at_ms ?? now.value)) })}</span> ·{" "}
        <Place duress={duress} /> ·{" "}
        <span>{duress.device ? t("duress.by_device") : t("duress.by", { number: operatorName(duress.raised_by) })}</span>
        {caseId && (
          <> · <a href={`/case/${caseId}`} onClick={(event) => { event.preventDefault(); go(`/case/${caseId}`); }}>{t("cases.one", { id: caseId })}</a></>
        )}
      </p>
      <ActionButton action={duressCase} subject={duress} args={undefined} text={`${t("duress.make_case")} (h)`} />
      {acknowledgeDuress.predicate(duress) && (
        <FormBox form={form} label={t("duress.raised", { unit: duress.call_sign })} submit={t("duress.acknowledge")} onSubmit={submit}>
          <TextField name="note" label={t("duress.note")} required wide />
        </FormBox>
      )}
    </li>
  );
}

export function Duress() {
  const waiting = waitingDuress();
  if (!waiting.length) return null;
  return (
    <section class="duress" role="alert" aria-label={t("duress.title")}>
      <ul class="plain">{waiting.map((each) => <Waiting key={each.id} duress={each} />)}</ul>
    </section>
  );
}

/* For a crew: one press, wherever on the page one is. */
export function HelpButton() {
  const subject = { unit: null, call_sign: callSign(me.value?.unit ?? null) };
  if (!callForHelp.predicate(subject)) return null;
  return <span class="help-button"><ActionButton action={callForHelp} subject={subject} args={undefined} main /></span>;
}
