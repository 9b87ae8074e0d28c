import { t, word } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { outcomes, type Outcome } from "../../shared/words";
import { closeCase } from "../actions/close_case";
import { fetchSheet } from "../sheet_model";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { SelectField } from "../ui/fields";

export function CloseForm({ row }: { row: CaseRow }) {
  const form = useForm(`case/${row.id}/close`, { outcome: "" });
  const submit = async (): Promise<void> => {
    const outcome = form.values.value.outcome;
    if (!outcome) {
      form.wrong.value = { outcome: t("code.missing-field") };
      focusIn("#close-form select");
      return;
    }
    if (await form.submit((key) => closeCase.perform(row, { outcome: outcome as Outcome }, key))) {
      focusIn("#sheet-title");
    }
  };
  return (
    <>
      <h3>{t("sheet.close")}</h3>
      <FormBox
        form={form} id="close-form" label={t("sheet.close")} submit={t("sheet.close")} onSubmit={submit}
        onReload={() => { form.problem.value = null; void fetchSheet(); }}
      >
        <SelectField
          name="outcome"
          label={t("sheet.outcome")}
          required
          empty="–"
          options={outcomes.map((value) => ({ value, text: word("outcome", value) }))}
        />
      </FormBox>
    </>
  );
}
