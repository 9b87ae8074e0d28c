/* Duty levels: which is in force until when and why, and raising one. */
import { t } from "../../shared/i18n";
import { instant, now, span } from "../../shared/time";
import type { DutyLevelRow, Reply } from "../../shared/types";
import { endLevel, raiseLevel } from "../actions/level";
import { levels, levelsInForce } from "../shift_model";
import { may, operatorName, say } from "../state";
import { readWhen } from "../when";
import { ActionButton } from "../ui/button";
import { FormBox, useForm } from "../ui/form";
import { SelectField, TextField } from "../ui/fields";

function InForce({ level }: { level: DutyLevelRow }) {
  return (
    <li data-level-in-force={level.code}>
      <strong>{t("level.in_force", { name: level.name, time: instant(level.until_at_ms) })}</strong>{" "}
      <span>{t("level.left", { span: span((level.until_at_ms ?? 0) - now.value) })}</span>{" "}
      <span class="quiet-text">
        {t("level.by", { who: operatorName(level.raised_by), reason: level.reason })} · {t("level.called", { n: level.called_count })}
      </span>{" "}
      <ActionButton action={endLevel} subject={level} args={{ reason: "" }} label={t("level.end_of", { name: level.name })} />
    </li>
  );
}

function Raise() {
  const form = useForm("level", { level: "", until: "", reason: "" });
  const submit = () => {
    const { level: id = "", until = "", reason = "" } = form.values.value;
    const level = levels.value.find((each) => each.id === id), at = readWhen(until, now.peek(), now.peek());
    form.wrong.value = {
      ...(level ? {} : { level: t("app.required") }),
      ...(at === null ? { until: t("people.no_time", { text: until }) } : {}),
      ...(reason.trim() ? {} : { reason: t("app.required") }),
    };
    if (!level || at === null || !reason.trim()) return Promise.resolve(false);
    return form.submit(async (key) => {
      const { duty_level } = (await raiseLevel.perform(level, { until_at_ms: at, reason: reason.trim() }, key)) as Reply<"duty_level">;
      say(t("level.raised", { name: level.name, n: duty_level.called_count }));
    });
  };
  return (
    <FormBox form={form} label={t("level.raise")} submit={t("level.raise")} onSubmit={submit} id="level-form">
      <SelectField name="level" label={t("level.which")} empty="–" options={levels.value.map((each) => ({ value: each.id, text: each.name }))} required />
      <TextField name="until" label={t("level.until")} hint={t("people.time_hint")} required />
      <TextField name="reason" label={t("level.reason")} required wide />
    </FormBox>
  );
}

export function ShiftLevels() {
  return (
    <section aria-labelledby="levels-title">
      <h3 id="levels-title">{t("level.title")}</h3>
      {levels.value.length === 0 && <p class="empty">{t("level.none")}</p>}
      {levels.value.length > 0 && levelsInForce.value.length === 0 && <p>{t("level.normal")}</p>}
      <ul class="plain">{levelsInForce.value.map((each) => <InForce key={each.id} level={each} />)}</ul>
      {levels.value.length > 0 && may("supervisor") && <Raise />}
    </section>
  );
}
