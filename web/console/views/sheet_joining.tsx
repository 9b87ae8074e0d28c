/* Two cases about one thing: merge this one into the other, or only link them. */
import { t } from "../../shared/i18n";
import type { CaseRow } from "../../shared/types";
import { linkCase } from "../actions/link_case";
import { merge } from "../actions/merge";
import { fetchSheet } from "../sheet_model";
import { FormBox, useForm } from "../ui/form";
import { TextField } from "../ui/fields";

export function Joining({ row }: { row: CaseRow }) {
  const form = useForm(`case/${row.id}/join`, { other: "" });
  const other = (): string => form.values.value.other?.trim() ?? "";
  const join = (): Promise<boolean> => form.submit((key) => merge.perform(row, { into: other() }, key));
  const tie = async (): Promise<void> => {
    if (await form.submit(() => linkCase.perform(row, { other: other() }))) await fetchSheet();
  };
  return (
    <details class="joining">
      <summary>{t("sheet.merge")}</summary>
      <FormBox
        form={form}
        label={t("sheet.merge")}
        submit={t("sheet.link")}
        onSubmit={tie}
        onReload={() => { form.problem.value = null; void fetchSheet(); }}
        more={<button type="button" onClick={() => void join()}>{t("sheet.merge_into")}</button>}
      >
        <TextField name="other" label={t("sheet.other")} required />
      </FormBox>
    </details>
  );
}
