/* The class of a case: found by code, name or a caller's word; proposed from the description. */
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { ClassRow } from "../../shared/types";
import { capability, className } from "../actions/lookup";
import { exactClass, searchClasses, suggestClasses } from "../class_search";
import { ChoiceList, useChoices } from "../ui/choices";
import { Frame } from "../ui/fields";
import { focusIn } from "../ui/focus";
import { useField, type Form } from "../ui/form";

/* What is typed names a class by its code or a whole name, or leaves only one. */
export function classOf(typed: string): ClassRow | undefined {
  const all = [...rows("class").values()];
  const exact = exactClass(all, typed);
  if (exact || !typed.trim()) return exact;
  const found = searchClasses(all, typed);
  return found.length === 1 ? found[0] : undefined;
}

/* Its name, or its code where two classes have one name. */
function nameFor(row: ClassRow): string {
  const name = className(row);
  return exactClass(rows("class").values(), name)?.code === row.code ? name : row.code;
}

/* What the first alarm level sends, in words. */
function firstLevel(plan: string): string {
  return (plan.split(";")[0] ?? "").trim().split(/\s+/).map((need) => {
    const [name = "", count = ""] = need.split(":");
    return count === "1" ? capability(name) : `${capability(name)} ${count}`;
  }).join(t("rec.and"));
}

export function setClass(form: Form, row: ClassRow): void {
  form.set("class", nameFor(row));
}

export function ClassField() {
  const { form, id, fault, control, value } = useField({ name: "class", label: "", required: true });
  const all = [...rows("class").values()];
  const exact = exactClass(all, value);
  const choices = searchClasses(all, exact ? "" : value).slice(0, 60)
    .map((row) => ({ value: row.code, text: `${row.priority} · ${className(row)}`, hint: row.code }));
  const list = useChoices(choices, (choice) => {
    const row = all.find((each) => each.code === choice.value);
    if (row) setClass(form, row);
  }, !!value && !exact);
  return (
    <Frame id={id} label={t("open.class")} required fault={fault} wide>
      <div class="combo">
        <input
          {...control}
          {...list.input}
          type="text"
          value={value}
          autocomplete="off"
          spellcheck={false}
          placeholder={t("open.class_hint")}
          onInput={(event) => {
            form.set("class", event.currentTarget.value);
            list.shown.value = true;
          }}
          onClick={() => (list.shown.value = true)}
          onKeyDown={list.key}
          onBlur={() => {
            list.shown.value = false;
            const found = classOf(form.values.value.class ?? "");
            if (found && !exact) setClass(form, found);
          }}
        />
        <ChoiceList of={list} label={t("open.class")} />
      </div>
      {exact && (
        <p class="hint" data-class={exact.code}>
          <span class={`badge priority p${exact.priority}`}>{exact.priority}</span>{" "}
          {exact.code}{exact.plan && ` · ${firstLevel(exact.plan)}`}
        </p>
      )}
    </Frame>
  );
}

/* The proposals go with the press: what is left to do is to send the form. */
const onward = (): void => focusIn('#open-form button[type="submit"]');

/* While nothing is chosen: what the description sounds like. */
export function ClassSuggestions({ form }: { form: Form }) {
  const chosen = classOf(form.values.value.class ?? "");
  const found = suggestClasses(rows("class").values(), form.values.value.description ?? "")
    .filter((each) => each.row.code !== chosen?.code);
  if (!found.length || (chosen && form.values.value.class)) return null;
  return (
    <div class="suggestions wide" role="group" aria-label={t("open.sounds_like")}>
      <span class="hint">{t("open.sounds_like")}</span>
      {found.map(({ row, words }) => (
        <button key={row.code} type="button" data-suggestion={row.code} onClick={() => { setClass(form, row); onward(); }}>
          {className(row)} <span class="choice-hint">{words.join(" ")}</span>
        </button>
      ))}
    </div>
  );
}
