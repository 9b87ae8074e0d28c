/* Own data from files: choose a kind and a file, look at what it would do, take it in; and out again. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Refusal, type Problem } from "../../shared/api";
import { rows } from "../../shared/board";
import { lang, t, word } from "../../shared/i18n";
import { importFile } from "../actions/import_file";
import { newLink } from "../actions/new_link";
import { askKinds, columnName, obstacleText, preview, reasonText, verdicts, type KindInfo, type Kinds, type Link, type Preview, type PreviewRow, type Secret, type Taken } from "../data_file";
import { operatorName, say } from "../state";
import { SelectField } from "../ui/fields";
import { FormBox, useForm } from "../ui/form";
import { ProblemBox } from "../ui/problem";

const LISTED = 1000; /* rows of each verdict that the desk lists */

function Row({ row, kinds, kind }: { row: PreviewRow; kinds: readonly KindInfo[]; kind: string }) {
  const reason = reasonText(row, kinds, kind);
  const names = (row.changes ?? "").split(" ").filter(Boolean).map((key) => columnName(kinds, kind, key)).join(", ");
  return (
    <tr data-verdict={row.verdict} data-row={row.row}>
      <td class="number">{row.row}</td>
      <th scope="row">{row.key}</th>
      <td class={row.verdict === "wrong" ? "unverified" : ""}>
        {t(`data_verdict.${row.verdict}`)}
        {names && `: ${names}`}
        {row.column && `: ${columnName(kinds, kind, row.column)}`}
      </td>
      <td>{reason.text && <span {...(reason.own ? {} : { lang: "en" })}>{reason.text}</span>}</td>
    </tr>
  );
}

function Rows({ seen, kinds }: { seen: Preview; kinds: readonly KindInfo[] }) {
  const shown = useSignal<string>(seen.counts.wrong ? "wrong" : "");
  const list = seen.rows.filter((row) => !shown.value || row.verdict === shown.value);
  const cut = verdicts.some((verdict) => seen.counts[verdict] > LISTED);
  return (
    <>
      <p class="field">
        <label for="data-show">{t("data.show")}</label>
        <select id="data-show" value={shown.value} onChange={(event) => (shown.value = event.currentTarget.value)}>
          <option value="">{t("data.all")}</option>
          {verdicts.map((verdict) => (
            <option key={verdict} value={verdict}>{t(`data_verdict.${verdict}`)} ({seen.counts[verdict]})</option>
          ))}
        </select>
      </p>
      {cut && <p class="hint">{t("data.left_out", { n: LISTED })}</p>}
      <div class="class-list" tabIndex={0} role="group" aria-labelledby="data-title" data-rows={list.length}>
        {list.length === 0 && <p class="empty">{t("data.none")}</p>}
        {list.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">{t("data.row")}</th>
                <th scope="col">{t("data.key")}</th>
                <th scope="col">{t("data.what")}</th>
                <td />
              </tr>
            </thead>
            <tbody>{list.map((row) => <Row key={row.row} row={row} kinds={kinds} kind={seen.kind} />)}</tbody>
          </table>
        )}
      </div>
    </>
  );
}

const separators: Record<string, "data.comma" | "data.semicolon" | "data.tab"> = { ",": "data.comma", ";": "data.semicolon", "\t": "data.tab" };

function Seen({ seen, kinds }: { seen: Preview; kinds: readonly KindInfo[] }) {
  const { counts } = seen, against = obstacleText(seen);
  const separator = separators[seen.separator];
  const form = seen.form === "csv" ? "CSV" : "GeoJSON", charset = seen.charset.toUpperCase();
  return (
    <div role="status" data-seen={seen.ready ? "ready" : "not"}>
      <p>
        {t("data.counts", { rows: counts.rows, fresh: counts.new, changed: counts.change, same: counts.same, wrong: counts.wrong })}{" "}
        <span class="quiet-text">
          {separator ? t("data.read_as", { form, charset, separator: t(separator) }) : t("data.read_as_geojson", { form, charset })}
        </span>
      </p>
      {counts.wrong > 0 && <p class="problem">{t("data.wrong_rows", { n: counts.wrong })}</p>}
      {counts.wrong === 0 && seen.obstacle && <p class="problem" {...(against.own ? {} : { lang: "en" })}>{against.text}</p>}
      {counts.same === counts.rows && <p>{t("data.same_all")}</p>}
      <Rows key={seen.digest} seen={seen} kinds={kinds} />
    </div>
  );
}

function Links({ links }: { links: readonly Link[] }) {
  if (!links.length) return null;
  return (
    <div data-links={links.length}>
      <h3>{t("data.links")}</h3>
      <p class="hint">{t("data.links_once")}</p>
      <ul class="plain list">
        {links.map((link) => <li key={link.number}>{link.number} <code>{location.origin}{link.path}</code></li>)}
      </ul>
    </div>
  );
}

function Secrets({ secrets }: { secrets: readonly Secret[] }) {
  if (!secrets.length) return null;
  return (
    <div data-secrets={secrets.length}>
      <h3>{t("data.secrets")}</h3>
      <p class="hint">{t("data.secrets_once")}</p>
      <ul class="plain list">
        {secrets.map((each) => <li key={each.device}>{word("device_protocol", each.protocol)} {each.identity} <code>{each.secret}</code></li>)}
      </ul>
    </div>
  );
}

function Columns({ kind }: { kind: KindInfo }) {
  const name = (column: KindInfo["columns"][number]): string =>
    lang.value === "en" ? column.key : lang.value === "zh-Hans" ? column.hans : column.hant;
  return (
    <p class="hint">
      {t("data.columns")}: {kind.columns.map((column) => `${name(column)}${column.required ? " *" : ""}`).join(", ")}
    </p>
  );
}

function NewLink({ onLinks }: { onLinks: (links: readonly Link[]) => void }) {
  const form = useForm("admin/link", { operator: "" }, { keeps: false });
  const people = [...rows("operator").values()].filter((each) => each.active).map((each) => ({ value: each.id, text: operatorName(each.id) }));
  const submit = () =>
    form.submit(async () => onLinks(((await newLink.perform(form.values.value.operator ?? "")) as { links: Link[] }).links));
  return (
    <FormBox form={form} label={t("data.new_link")} submit={t("data.new_link")} onSubmit={submit} id="link-form">
      <SelectField name="operator" label={t("data.link_of")} empty="–" options={people} required />
    </FormBox>
  );
}

export function AdminData() {
  const kinds = useSignal<Kinds | null>(null);
  const kind = useSignal("agencies");
  const file = useSignal<File | null>(null);
  const seen = useSignal<Preview | null>(null);
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const links = useSignal<readonly Link[]>([]);
  const secrets = useSignal<readonly Secret[]>([]);
  useEffect(() => {
    askKinds().then((all) => (kinds.value = all), (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    });
  }, []);
  /* One thing at a time; what goes wrong is shown, and the file stays chosen. */
  const asking = async (work: () => Promise<void>): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error.problem;
    } finally {
      busy.value = false;
    }
  };
  const look = (): Promise<void> => asking(async () => {
    seen.value = null;
    if (file.value) seen.value = await preview(kind.value, file.value);
  });
  const take = (digest: string): Promise<void> => asking(async () => {
    if (!file.value) return;
    const taken = (await importFile.perform(kind.value, { file: file.value, digest })) as Taken;
    links.value = taken.links;
    secrets.value = taken.secrets ?? [];
    seen.value = null;
    say(t("data.taken", { fresh: taken.new, changed: taken.changed }));
  });
  const info = kinds.value?.kinds.find((each) => each.kind === kind.value);
  const now = seen.value, change = now ? now.counts.new + now.counts.change : 0;
  return (
    <section class="panel wide-panel" aria-labelledby="data-title" data-own-data>
      <h2 id="data-title">{t("data.title")}</h2>
      <p>{t("data.intro")}</p>
      <div class="form">
        <p class="field">
          <label for="data-kind">{t("data.kind")}</label>
          <select id="data-kind" value={kind.value} onChange={(event) => {
            kind.value = event.currentTarget.value;
            seen.value = null;
            if (file.value) void look();
          }}>
            {kinds.value?.kinds.map((each) => <option key={each.kind} value={each.kind}>{word("data_kind", each.kind)}</option>)}
          </select>
        </p>
        <p class="field">
          <label for="data-file">{t("data.file")}</label>
          <input
            id="data-file" type="file" accept=".csv,.geojson,.json,text/csv,application/geo+json"
            onClick={(event) => (event.currentTarget.value = "") /* so that the same file, mended, is a choice again */}
            onChange={(event) => {
              file.value = event.currentTarget.files?.[0] ?? null;
              void look();
            }}
          />
        </p>
      </div>
      {info && <Columns kind={info} />}
      {kinds.value && <p class="hint">{t("data.limits", { rows: kinds.value.file_rows_max, changed: kinds.value.changed_rows_max })}</p>}
      <ProblemBox problem={problem.value} />
      {now && kinds.value && <Seen seen={now} kinds={kinds.value.kinds} />}
      <div class="form-end">
        {now?.ready && change > 0 && (
          <button type="button" class="main" aria-disabled={busy.value} data-take onClick={() => void take(now.digest)}>
            {t("data.take", { n: change })}
          </button>
        )}
        {file.value && !now?.ready && (
          <button type="button" aria-disabled={busy.value} data-look onClick={() => void look()}>{t("data.look")}</button>
        )}
        {info?.csv && <a href={`/v1/imports/${kind.value}/template.csv?lang=${lang.value}`} download>{t("data.template")}</a>}
        {info && <a href={`/v1/exports/${kind.value}.${info.csv ? "csv" : "geojson"}`} download data-export>{t("data.export")}</a>}
      </div>
      <Links links={links.value} />
      <Secrets secrets={secrets.value} />
      <NewLink onLinks={(more) => (links.value = more)} />
    </section>
  );
}
