/* Five levels and whether it was solved; once. */
import { t, word } from "../i18n";
import { bytesOf, LIMITS, type PublicCase } from "../model";
import { Card, Entry, ProblemBox, Radios, SendState } from "../parts";
import { complaint, useForm } from "../sending";
import { day } from "../when";

function Rated({ matter }: { matter: PublicCase }) {
  const { rating } = matter;
  return (
    <Card title={t("rate.title")} name="rate">
      <p class="notice good" data-rated={rating.level}>
        {t("rate.thanks", { level: word("level", String(rating.level)) })}
        {rating.solved !== null && ` ${t(rating.solved ? "rate.thanks.solved" : "rate.thanks.not_solved")}`}
      </p>
      {rating.checked_at_ms !== null ? <p data-check="done">{t("rate.checked", { at: day(rating.checked_at_ms) })}</p>
        : rating.check_due_at_ms !== null && <p data-check="open">{t("rate.check", { at: day(rating.check_due_at_ms) })}</p>}
    </Card>
  );
}

function Asked({ matter, code, again }: { matter: PublicCase; code: string; again: () => Promise<void> }) {
  const form = useForm(`rate.${matter.reference}`, { level: "", solved: "", named: "", text: "" });
  const labels = { level: t("rate.level"), solved: t("rate.solved"), named: t("rate.named"), text: t("rate.text") };
  const levels = ["5", "4", "3", "2", "1"].map((level) => ({ value: level, label: word("level", level) }));
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const { level, solved, named, text = "" } = form.values;
    const missing = !level ? "level" : !solved ? "solved" : !named ? "named" : null;
    if (missing) return form.refuse(complaint(missing, "choose"));
    if (bytesOf(text.trim()) > LIMITS.rating) return form.refuse(complaint("text", "too-long"));
    const body: Record<string, unknown> = { level: Number(level), solved: solved === "yes", named: named === "yes" };
    if (text.trim()) body.text = text.trim();
    if (await form.send(`/public/cases/${encodeURIComponent(code)}/rating`, form.sentBody() ?? body)) {
      await again();
      document.querySelector<HTMLElement>("main h1")?.focus();
    }
  }
  return (
    <Card title={t("rate.title")} name="rate" kind="yours">
      <p>{t("rate.lead")}</p>
      <form class="form" id="rate-form" onSubmit={(event) => void submit(event)} noValidate>
        <ProblemBox problem={form.problem} labels={labels} />
        <Radios form={form} name="level" legend={labels.level} labels={labels} options={levels} />
        <Radios form={form} name="solved" legend={labels.solved} labels={labels}
          options={[{ value: "yes", label: t("rate.solved.yes") }, { value: "no", label: t("rate.solved.no") }]} />
        <Entry form={form} name="text" label={labels.text} labels={labels} rows={3} max={LIMITS.rating} />
        <Radios form={form} name="named" legend={labels.named} labels={labels} options={[
          { value: "yes", label: t("rate.named.yes"), more: t("rate.named.yes.more") },
          { value: "no", label: t("rate.named.no"), more: t("rate.named.no.more") }]} />
        <SendState form={form} />
        {!form.unsure && <p class="row"><button class="main" type="submit" aria-disabled={form.busy}>{t(form.busy ? "write.sending" : "rate.send")}</button></p>}
      </form>
    </Card>
  );
}

export function Rate(props: { matter: PublicCase; code: string; again: () => Promise<void> }) {
  return props.matter.rating.level > 0 ? <Rated matter={props.matter} /> : <Asked {...props} />;
}
