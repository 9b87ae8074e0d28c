/* A paper sheet, typed in with its own times.  What was not written down stays empty; the desk checks their order. */
import { rows, unitByCallSign } from "../../shared/board";
import { asPoint, position } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { Id, Reply } from "../../shared/types";
import { channels, outcomes } from "../../shared/words";
import { enterPaper, type PaperArgs } from "../actions/enter_paper";
import { sheetTimes, timeOf, type SheetTime } from "../paper_times";
import { boardLoaded, go, me, operatorName, say } from "../state";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { AreaField, SelectField, TextField } from "../ui/fields";
import { ClassField, classOf } from "./class_field";

const empty: Values = {
  sheet: "", written_by: "", class: "", channel: "call", address: "", position: "", description: "", caller_number: "",
  caller_name: "", units: "", outcome: "", ...Object.fromEntries(sheetTimes.map((each) => [`${each}_at_ms`, ""])),
};

/* The ids of call signs, or the first that is not known. */
function unitsOf(text: string): { ids: Id[]; unknown: string } {
  const ids: Id[] = [];
  for (const name of text.trim().split(/[\s,，、]+/).filter(Boolean)) {
    const unit = unitByCallSign.value.get(name.toLowerCase());
    if (!unit) return { ids, unknown: name };
    ids.push(unit.id);
  }
  return { ids, unknown: "" };
}

function objections(values: Values): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (!values.sheet?.trim()) wrong.sheet = t("paper.no_sheet");
  if (!classOf(values.class ?? "")) wrong.class = t(values.class?.trim() ? "open.which_class" : "open.no_class");
  if (!values.received_at_ms?.trim()) wrong.received_at_ms = t("paper.no_received");
  for (const each of sheetTimes) {
    const text = values[`${each}_at_ms`]?.trim();
    if (text && timeOf(text, now.peek()) === null) wrong[`${each}_at_ms`] = t("paper.when");
  }
  if (values.position?.trim() && !asPoint(position(values.position))) wrong.position = t("open.position_wrong");
  const { unknown } = unitsOf(values.units ?? "");
  if (unknown) wrong.units = t("command.no_unit", { unit: unknown });
  return wrong;
}

function argsOf(values: Values): PaperArgs {
  const args: PaperArgs = { sheet: values.sheet?.trim() ?? "", class: classOf(values.class ?? "")?.code ?? "" };
  for (const each of sheetTimes) {
    const at = timeOf(values[`${each}_at_ms`] ?? "", now.peek());
    if (at !== null) args[`${each}_at_ms`] = at;
  }
  const at = position(values.position ?? "");
  if (at) Object.assign(args, at);
  const { ids } = unitsOf(values.units ?? "");
  if (ids.length) args.units = ids;
  for (const field of ["written_by", "channel", "outcome", "address", "description", "caller_name", "caller_number"] as const) {
    const text = values[field]?.trim();
    if (text) args[field] = text;
  }
  return args;
}

function TimeField({ time }: { time: SheetTime }) {
  return (
    <TextField
      name={`${time}_at_ms`}
      label={t(`paper.${time}`)}
      hint={time === "cleared" ? t("paper.cleared_hint") : time === "received" ? t("paper.when_hint") : ""}
      required={time === "received"}
    />
  );
}

function PaperForm() {
  const form = useForm("paper", empty);
  const colleagues = [...rows("operator").values()].filter((each) => each.active && each.id !== me.value?.operator);
  const submit = async (): Promise<void> => {
    form.wrong.value = objections(form.values.value);
    if (Object.keys(form.wrong.value).length) return focusIn("#paper-form [aria-invalid]");
    await form.submit(async (key) => {
      const args = argsOf(form.values.value);
      const reply = (await enterPaper.perform(undefined, args, key)) as Reply<"case">;
      say(t("paper.done", { sheet: args.sheet, id: reply.case.id }));
      go(`/case/${reply.case.id}`);
    });
  };
  return (
    <FormBox form={form} id="paper-form" label={t("paper.title")} submit={t("paper.submit")} onSubmit={submit}>
      <TextField name="sheet" label={t("paper.sheet")} required />
      <SelectField
        name="written_by"
        label={t("paper.written_by")}
        empty={t("paper.me")}
        options={colleagues.map((each) => ({ value: each.id, text: operatorName(each.id) }))}
      />
      <ClassField />
      <TextField name="address" label={t("cases.address")} wide />
      <TextField name="position" label={t("open.position")} hint={t("open.position_hint")} />
      <SelectField name="channel" label={t("contacts.channel")} options={channels.map((each) => ({ value: each, text: word("channel", each) }))} />
      <AreaField name="description" label={t("open.description")} />
      <TextField name="caller_number" label={t("open.caller_number")} type="tel" />
      <TextField name="caller_name" label={t("open.caller_name")} />
      {sheetTimes.slice(0, 3).map((each) => <TimeField key={each} time={each} />)}
      <TextField name="units" label={t("paper.units")} hint={t("paper.units_hint")} wide />
      {sheetTimes.slice(3).map((each) => <TimeField key={each} time={each} />)}
      <SelectField
        name="outcome"
        label={t("paper.outcome")}
        empty={t("paper.still_open")}
        options={outcomes.map((each) => ({ value: each, text: word("outcome", each) }))}
      />
    </FormBox>
  );
}

export function EnterPaper() {
  return (
    <section class="panel sheet" aria-labelledby="paper-title">
      <div class="panel-head">
        <h2 id="paper-title">{t("paper.title")}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      <p class="hint">{t("paper.how")}</p>
      {boardLoaded.value ? <PaperForm /> : <p class="empty">{t("app.loading")}</p>}
    </section>
  );
}
