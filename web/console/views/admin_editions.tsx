/* Procedures and calendars: those in force, and a file to publish.  The desk checks a file and says where it is wrong. */
import { useSignal } from "@preact/signals";
import { ask, Refusal, type Problem } from "../../shared/api";
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { fullInstant } from "../../shared/time";
import type { AddedDay, EditionDays, EditionRow } from "../../shared/types";
import { publishEdition } from "../actions/publish_edition";
import { addedDays, isAdditions } from "../additions";
import { editionTitle } from "../editions";
import { agencyName, say } from "../state";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { AreaField, SelectField } from "../ui/fields";
import { ProblemBox } from "../ui/problem";

/* "Line 12, column 3, check 7: ..." as the desk says it, for the excerpt beside it. */
export function placeOf(detail: string): { line: number; column: number | null; check: string } | null {
  const found = /Line (\d+)(?:, column (\d+))?(?:, check (\d+))?/.exec(detail);
  return found ? { line: Number(found[1]), column: found[2] ? Number(found[2]) : null, check: found[3] ?? "" } : null;
}

/* A calendar says so with its first key. */
const kindOf = (text: string): "procedure" | "calendar" => (/^calendar\s*:/m.test(text) || isAdditions(text) ? "calendar" : "procedure");

function Excerpt({ problem, text }: { problem: Problem; text: string }) {
  const at = placeOf(problem.detail);
  if (!at) return null;
  const lines = text.split("\n");
  const from = Math.max(0, at.line - 3);
  return (
    <div class="wide excerpt" role="group" aria-label={t("admin.excerpt")} data-file-line={at.line}>
      <p>
        {at.column === null ? t("admin.file_line", { line: at.line }) : t("admin.file_place", { line: at.line, column: at.column })}
        {at.check && ` · ${t("admin.file_check", { n: at.check })}`}
        {problem.field && ` · ${problem.field}`}
      </p>
      <pre tabIndex={0}>
        {lines.slice(from, at.line + 2).map((line, i) => {
          const n = from + i + 1;
          return <span key={n} class={n === at.line ? "bad" : ""}>{`${String(n).padStart(5)} ${n === at.line ? "▸" : " "} ${line}\n`}</span>;
        })}
      </pre>
    </div>
  );
}

function Days({ days, label }: { days: readonly AddedDay[]; label: string }) {
  return (
    <ul class="plain days" aria-label={label} data-days>
      {days.map((each) => (
        <li key={`${each.day} ${each.works}`} data-day={each.day}>
          {each.day} <strong>{t(each.works ? "admin.day_works" : "admin.day_off")}</strong> <span class="quiet-text">{each.source}</span>
        </li>
      ))}
    </ul>
  );
}

/* Which days an agency's additions make others; fetched when somebody wants to know. */
function Whose({ edition }: { edition: EditionRow }) {
  const days = useSignal<readonly AddedDay[] | null>(null), problem = useSignal<Problem | null>(null);
  if (!edition.jurisdiction) return <>{t("admin.whole_desk")}</>;
  const fetchDays = async (): Promise<void> => {
    try {
      days.value = (await ask<EditionDays>(`/v1/editions/${edition.id}/days`)).days;
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    }
  };
  return (
    <>
      {t("admin.additions_of", { agency: agencyName(edition.jurisdiction) })}{" "}
      {!days.value && <button type="button" class="quiet" data-show-days={edition.id} onClick={() => void fetchDays()}>{t("admin.which_days")}</button>}
      <ProblemBox problem={problem.value} />
      {days.value && <Days days={days.value} label={t("admin.which_days")} />}
    </>
  );
}

function Published() {
  const list = [...rows("edition").values()].sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
  if (!list.length) return <p class="empty">{t("matter.none_published")}</p>;
  return (
    <div class="class-list" tabIndex={0} role="group" aria-labelledby="editions-title">
      <table>
        <thead>
          <tr>
            <th scope="col">{t("admin.edition_kind")}</th>
            <th scope="col">{t("admin.code")}</th>
            <th scope="col">{t("admin.name")}</th>
            <th scope="col">{t("admin.whose")}</th>
            <th scope="col" class="number">{t("admin.version")}</th>
            <th scope="col">{t("admin.published_at")}</th>
            <th scope="col">{t("admin.hash")}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((each) => (
            <tr key={each.id} data-edition={each.name} data-whose={each.jurisdiction ?? ""}>
              <td>{word("edition_kind", each.kind)}</td>
              <th scope="row">{each.name}</th>
              <td>{editionTitle(each)}{each.example && <span class="quiet-text"> {t("admin.example")}</span>}</td>
              <td><Whose edition={each} /></td>
              <td class="number">{each.version}</td>
              <td>{fullInstant(each.published_at_ms)}</td>
              <td><code title={each.hash}>{each.hash.slice(0, 8)}</code></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function AdminEditions() {
  const form = useForm("admin/edition", { text: "", kind: "", jurisdiction: "" });
  const sent = useSignal(""); /* the text that the problem is about */
  const { text = "", kind = "", jurisdiction = "" } = form.values.value;
  const adds = isAdditions(text);
  const areas = [...rows("agency").values()].filter((each) => each.active).sort((a, b) => a.name.localeCompare(b.name));
  const load = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    form.problem.value = null;
    form.set("text", await chosen.text());
    form.set("kind", "");
  };
  const submit = async (): Promise<void> => {
    if (!text.trim()) {
      form.wrong.value = { text: t("code.missing-field") };
      return focusIn("#edition-form [aria-invalid]");
    }
    if (adds && !jurisdiction) {
      form.wrong.value = { jurisdiction: t("admin.choose_area") };
      return focusIn("#edition-form [aria-invalid]");
    }
    sent.value = text;
    const args = {
      kind: kind === "calendar" || kind === "procedure" ? kind : kindOf(text), text, jurisdiction: adds ? jurisdiction : "",
    } as const;
    if (await form.submit((key) => publishEdition.perform(undefined, args, key))) say(t("admin.edition_published"));
  };
  return (
    <section class="panel wide-panel" aria-labelledby="editions-title">
      <h2 id="editions-title">{t("admin.editions")} <span class="count">{rows("edition").size}</span></h2>
      <Published />
      {publishEdition.predicate() && (
        <>
          <h3>{t("admin.publish_edition")}</h3>
          <p class="field">
            <label for="edition-file">{t("admin.yaml_file")}</label>
            <input id="edition-file" type="file" accept=".yaml,.yml" onChange={(event) => void load(event.currentTarget.files?.[0])} />
          </p>
          <FormBox form={form} id="edition-form" label={t("admin.publish_edition")} submit={t("admin.publish_edition")} onSubmit={submit}>
            <SelectField
              name="kind" label={t("admin.edition_kind")} empty={t("admin.by_file", { kind: word("edition_kind", kindOf(text)) })}
              options={(["procedure", "calendar"] as const).map((value) => ({ value, text: word("edition_kind", value) }))}
            />
            {adds && (
              <SelectField
                name="jurisdiction" label={t("admin.additions_for")} required empty="–" wide
                options={areas.map((each) => ({ value: each.id, text: `${each.name} · ${each.code}` }))}
              />
            )}
            {adds && <div class="wide" data-preview><p>{t("admin.days_differ")}</p><Days days={addedDays(text)} label={t("admin.days_differ")} /></div>}
            <AreaField name="text" label={t("admin.edition_text")} rows={text ? 10 : 3} />
            {form.problem.value && sent.value === text && <Excerpt problem={form.problem.value} text={text} />}
          </FormBox>
        </>
      )}
    </section>
  );
}
