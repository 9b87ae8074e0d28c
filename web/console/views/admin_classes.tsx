/* The published classes with their plans; a list from a file or pasted, looked at and published. */
import { useSignal } from "@preact/signals";
import { rows } from "../../shared/board";
import { lang, t } from "../../shared/i18n";
import type { ClassRow } from "../../shared/types";
import { className } from "../actions/lookup";
import { publishClasses } from "../actions/publish_classes";
import { differences, NoList, readClasses, type ClassesFile, type ClassFault } from "../classes_file";
import { questionsOf } from "../questions";
import { say } from "../state";
import { FormBox, useForm } from "../ui/form";
import { AreaField } from "../ui/fields";

function Published({ list }: { list: readonly ClassRow[] }) {
  const words = (row: ClassRow): string =>
    (lang.value === "zh-Hans" ? row.words_hans : lang.value === "zh-Hant" ? row.words_hant : row.words_en) ?? "";
  return (
    <div class="class-list" tabIndex={0} role="group" aria-labelledby="classes-title">
      <table>
        <thead>
          <tr>
            <th scope="col">{t("admin.code")}</th>
            <th scope="col">{t("cases.priority")}</th>
            <th scope="col">{t("admin.class")}</th>
            <th scope="col">{t("admin.plan")}</th>
            <th scope="col">{t("admin.words")}</th>
            <th scope="col" class="number">{t("admin.questions")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((row) => (
            <tr key={row.id} data-class={row.code}>
              <th scope="row">{row.code}</th>
              <td>{row.priority}</td>
              <td>{className(row)}{!row.active && <span class="quiet-text"> {t("admin.inactive")}</span>}</td>
              <td>{row.plan || "–"}</td>
              <td class="quiet-text">{words(row)}</td>
              <td class="number">{questionsOf(row, lang.value).length}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const what = (fault: ClassFault): string => t(`admin.wrong_${fault.fault}`, { text: fault.text });

function Faults({ faults }: { faults: readonly ClassFault[] }) {
  return (
    <div class="problem" role="alert" data-class-faults={faults.length}>
      <ul class="class-errors">
        {faults.map((fault) => (
          <li key={`${fault.class} ${fault.field} ${fault.fault}`}>
            {t("admin.class_wrong", { class: fault.class, field: fault.field, what: what(fault) })}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function AdminClasses() {
  const list = [...rows("class").values()].sort((a, b) => Number(b.active) - Number(a.active) || a.priority - b.priority || a.code.localeCompare(b.code));
  const form = useForm("admin/classes", { text: "" });
  const looked = useSignal<{ text: string; file: ClassesFile } | null>(null);
  const text = form.values.value.text ?? "";
  /* What was looked at; text that was changed since has not been. */
  const file = looked.value?.text === text ? looked.value.file : null;
  const read = (): ClassesFile | null => {
    form.problem.value = null;
    try {
      const now = form.values.value.text ?? "";
      looked.value = { text: now, file: readClasses(now) };
      form.wrong.value = {};
    } catch (error) {
      looked.value = null;
      const detail = error instanceof Error ? error.message : String(error);
      form.wrong.value = { text: error instanceof NoList ? t("admin.not_classes") : t("admin.not_json", { detail }) };
    }
    return looked.value?.file ?? null;
  };
  const load = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    form.set("text", await chosen.text());
    read();
  };
  const submit = async (): Promise<void> => {
    if (!file || file.faults.length) { /* first looked at, then published */
      read();
      return;
    }
    const n = file.classes.length;
    if (await form.submit((key) => publishClasses.perform(undefined, { classes: file.classes }, key))) {
      looked.value = null;
      say(t("admin.published", { n }));
    }
  };
  const change = file && !file.faults.length ? differences(file.classes, rows("class").values()) : null;
  return (
    <section class="panel wide-panel" aria-labelledby="classes-title">
      <h2 id="classes-title">{t("admin.classes")} <span class="count">{list.length}</span></h2>
      <Published list={list} />
      {publishClasses.predicate() && (
        <>
          <h3>{t("admin.load")}</h3>
          <p class="field">
            <label for="classes-file">{t("admin.file")}</label>
            <input
              id="classes-file"
              type="file"
              accept=".json,application/json"
              onChange={(event) => void load(event.currentTarget.files?.[0])}
            />
          </p>
          <FormBox
            form={form} id="classes-form" label={t("admin.load")} onSubmit={submit}
            submit={change && file ? t("admin.publish_n", { n: file.classes.length }) : t("admin.check")}
          >
            <AreaField name="text" label={t("admin.paste")} hint={t("admin.file_shape")} rows={text ? 8 : 3} />
            {file && file.faults.length > 0 && <Faults faults={file.faults} />}
            {change && (
              <p class="wide" role="status" data-class-changes>
                {t("admin.changes", { added: change.added.length, changed: change.changed.length, gone: change.gone.length })}{" "}
                <span class="quiet-text">{[...change.added, ...change.changed, ...change.gone].join(", ")}</span>
              </p>
            )}
          </FormBox>
        </>
      )}
    </section>
  );
}
