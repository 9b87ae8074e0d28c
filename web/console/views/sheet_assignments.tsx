/* Units on the case: what each reports next, and sending more. */
import { useSignal } from "@preact/signals";
import { unitByCallSign, rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { instant } from "../../shared/time";
import type { AssignmentRow, CaseRow } from "../../shared/types";
import { assignModes, isAssignmentOpen, nextStates, isActive, type AssignMode } from "../../shared/words";
import { assign } from "../actions/assign";
import { status } from "../actions/status";
import { swap } from "../actions/swap";
import { unacknowledged } from "../sound";
import { callSign } from "../state";
import { ActionButton } from "../ui/button";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { SelectField, TextField } from "../ui/fields";
import { fetchSheet } from "../sheet_model";
import { RecommendationPanel } from "./sheet_recommendation";

function CallSigns() {
  return (
    <datalist id="call-signs">
      {[...rows("unit").values()].filter((unit) => unit.active && unit.duty === "on_duty").map((unit) => (
        <option key={unit.id} value={unit.call_sign}>
          {unit.assignment ? t("units.on_case", { id: unit.case ?? "" }) : t("units.free")}
        </option>
      ))}
    </datalist>
  );
}

/* The ids of call signs, or the one that is not known. */
function unitsOf(text: string): { ids: string[]; unknown: string } {
  const ids: string[] = [];
  for (const name of text.trim().split(/[\s,，、]+/).filter(Boolean)) {
    const unit = unitByCallSign.value.get(name.toLowerCase());
    if (!unit) return { ids, unknown: name };
    ids.push(unit.id);
  }
  return { ids, unknown: "" };
}

function ClearForm({ assignment }: { assignment: AssignmentRow }) {
  const form = useForm(`assignment/${assignment.id}/clear`, { report_code: "" });
  return (
    <FormBox
      form={form}
      id={`clear-${assignment.id}`}
      label={`${t("sheet.clear")} ${callSign(assignment.unit)}`}
      submit={t("sheet.clear")}
      onSubmit={() => form.submit((key) => status.perform(
        assignment, { to: "cleared", report_code: form.values.value.report_code?.trim() ?? "" }, key))}
    >
      <TextField name="report_code" label={t("sheet.report_code")} hint={t("sheet.report_hint")} required />
    </FormBox>
  );
}

function SwapForm({ assignment }: { assignment: AssignmentRow }) {
  const form = useForm(`assignment/${assignment.id}/swap`, { unit: "" });
  const submit = () => {
    const { ids, unknown } = unitsOf(form.values.value.unit ?? "");
    const unit = ids[0];
    if (unknown || !unit) form.wrong.value = { unit: t("sheet.unknown_unit", { unit: unknown }) };
    else void form.submit((key) => swap.perform(assignment, { unit }, key));
  };
  return (
    <FormBox form={form} label={t("sheet.swap")} submit={t("sheet.swap")} onSubmit={submit} id={`swap-${assignment.id}`}>
      <TextField
        name="unit" label={t("sheet.swap_with", { unit: callSign(assignment.unit) })} list="call-signs" required
      />
    </FormBox>
  );
}

type Extra = "" | "clear" | "swap";

function Assignment({ assignment }: { assignment: AssignmentRow }) {
  const extra = useSignal<Extra>("");
  const unit = callSign(assignment.unit);
  const open = isAssignmentOpen(assignment.state);
  const active = isActive(assignment.state);
  const late = unacknowledged.value.has(assignment.id);
  const toggle = (which: Extra): void => {
    extra.value = extra.value === which ? "" : which;
    if (extra.value) focusIn(`#${which}-${assignment.id} input`);
  };
  const since = assignment[`${assignment.state}_at_ms` as "assigned_at_ms"] ?? assignment.made_at_ms;
  return (
    <li
      class={`assignment${open ? "" : " past"}${late ? " unacknowledged" : ""}`}
      data-assignment={assignment.id}
      data-state={assignment.state}
      data-unacknowledged={late || undefined}
    >
      <p class="assignment-head">
        <strong>{unit}</strong>
        <span class={`badge state-${assignment.state}`}>{word("assignment_state", assignment.state)}</span>
        {late && <strong class="late">{t("units.unacknowledged")}</strong>}
        <span class="quiet-text">
          {instant(since)}
          {assignment.report_code && ` · ${assignment.report_code}`}
          {assignment.ended && assignment.ended !== "done" && ` · ${word("end_reason", assignment.ended)}`}
        </span>
      </p>
      {status.predicate(assignment) && (
        <div class="buttons" role="group" aria-label={t("sheet.status_of", { unit })}>
          {nextStates(assignment.state).map((to, i) => (
            <ActionButton
              key={to}
              action={status}
              subject={assignment}
              args={{ to }}
              text={word("step", to)}
              label={t("action.status", { unit, state: word("step", to) })}
              main={i === 0}
            />
          ))}
          {active && (
            <button
              type="button"
              class={nextStates(assignment.state).length ? "" : "main"}
              aria-expanded={extra.value === "clear"}
              aria-label={`${unit}: ${t("sheet.clear")} …`}
              onClick={() => toggle("clear")}
            >
              {t("sheet.clear")} …
            </button>
          )}
          {swap.predicate(assignment) && (
            <button
              type="button"
              class="quiet"
              aria-expanded={extra.value === "swap"}
              aria-label={`${unit}: ${t("sheet.swap")} …`}
              onClick={() => toggle("swap")}
            >
              {t("sheet.swap")} …
            </button>
          )}
          <ActionButton
            action={status}
            subject={assignment}
            args={{ to: "cancelled" as const }}
            text={t("sheet.cancel_unit")}
            label={`${unit}: ${t("sheet.cancel_unit")}`}
            quiet
          />
        </div>
      )}
      {open && extra.value === "clear" && <ClearForm assignment={assignment} />}
      {open && extra.value === "swap" && <SwapForm assignment={assignment} />}
    </li>
  );
}

function AssignForm({ row }: { row: CaseRow }) {
  const form = useForm(`case/${row.id}/assign`, { units: "", mode: "assign" });
  const submit = () => {
    const { ids, unknown } = unitsOf(form.values.value.units ?? "");
    if (unknown || !ids.length) {
      form.wrong.value = { units: unknown ? t("sheet.unknown_unit", { unit: unknown }) : t("code.missing-field") };
      focusIn("#assign-form [aria-invalid]");
      return;
    }
    void form.submit((key) =>
      assign.perform(row, { units: ids, mode: form.values.value.mode as AssignMode }, key));
  };
  return (
    <FormBox
      form={form} id="assign-form" label={t("sheet.assign")} submit={t("sheet.assign")} onSubmit={submit}
      onReload={() => { form.problem.value = null; void fetchSheet(); }}
    >
      <TextField
        name="units" label={t("sheet.call_signs")} hint={t("sheet.call_signs_hint")} list="call-signs"
      />
      <SelectField
        name="mode"
        label={t("sheet.mode")}
        options={assignModes.map((value) => ({ value, text: word("mode", value) }))}
      />
    </FormBox>
  );
}

export function Assignments({ row, assignments }: { row: CaseRow; assignments: readonly AssignmentRow[] }) {
  const order = (each: AssignmentRow): number => (isAssignmentOpen(each.state) ? 0 : 1);
  const sorted = [...assignments].sort((a, b) => order(a) - order(b) || Number(a.id) - Number(b.id));
  return (
    <>
      <div class="section-head">
        <h3>{t("sheet.assignments")}</h3>
        {sorted.length === 0 && <span class="quiet-text">{t("sheet.no_assignments")}</span>}
      </div>
      <ul class="plain">
        {sorted.map((each) => <Assignment key={each.id} assignment={each} />)}
      </ul>
      <CallSigns />
      <RecommendationPanel row={row} />
      {assign.predicate(row) && <AssignForm key={row.id} row={row} />}
    </>
  );
}
