/* Other agencies in an incident: who was called, who takes part and how far they are; and what else goes its own way beside
 * it. */
import { partsOf, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { CaseRow, Reply } from "../../shared/types";
import { branch, type Branch, type Part } from "../actions/branch";
import { namesOf } from "../editions";
import { myPosts } from "../matter_model";
import { fetchSheet } from "../sheet_model";
import { agencyName, go, say } from "../state";
import { sayRefusal } from "../ui/button";
import { FormBox, useForm } from "../ui/form";
import { SelectField } from "../ui/fields";
import { Due } from "./due";

function Row({ part }: { part: CaseRow }) {
  const matter = rows("matter").get(part.id);
  const names = namesOf(matter?.edition);
  if (!matter) return null;
  const agency = matter.with_agency ?? matter.offered_to;
  return (
    <li data-part={part.id} data-part-state={matter.state} data-part-duty={matter.responsibility}>
      <a href={`/matter/${part.id}`} onClick={(event) => { event.preventDefault(); go(`/matter/${part.id}`); }}>
        {agency ? agencyName(agency) : t("parts.nobody")}
      </a>{" "}
      <span class="badge">{names.state(matter.responsibility)}</span>{" "}
      <span class="badge">{names.state(matter.state)}</span>{" "}
      {matter.due_at_ms !== null && <Due at={matter.due_at_ms} provisional={matter.provisional} paused={false} />}
    </li>
  );
}

function CallForm({ row }: { row: CaseRow }) {
  const form = useForm(`case/${row.id}/call`, { agency: "", part: "joins" });
  const agencies = [...rows("agency").values()].filter((each) => each.active && each.id !== row.jurisdiction)
    .sort((a, b) => a.name.localeCompare(b.name));
  const call = (): Promise<boolean> => form.submit(async (key) => {
    const { agency = "", part = "joins" } = form.values.value;
    const reply = (await branch.perform(row, { event: "call_agency", agency, part: part as Part }, key)) as Reply<"case">;
    say(t("parts.called", { agency: agencyName(agency), id: reply.case.id }));
    await fetchSheet();
  });
  return (
    <FormBox form={form} id="call-agency" label={t("parts.call")} submit={t("parts.call")} onSubmit={call}>
      <SelectField
        name="agency"
        label={t("parts.agency")}
        required
        options={[{ value: "", text: t("parts.choose") }, ...agencies.map((each) => ({ value: each.id, text: each.name }))]}
      />
      <SelectField
        name="part"
        label={t("parts.part")}
        options={[{ value: "joins", text: t("parts.joins") }, { value: "leads", text: t("parts.leads") }]}
      />
    </FormBox>
  );
}

function Beside({ row, event, text }: { row: CaseRow; event: Branch; text: string }) {
  const open = async (): Promise<void> => {
    try {
      const reply = (await branch.perform(row, { event })) as Reply<"case">;
      go(`/matter/${reply.case.id}`);
    } catch (error) {
      sayRefusal(error);
    }
  };
  return <button type="button" data-branch={event} onClick={() => void open()}>{text}</button>;
}

const superior = (): boolean => myPosts.value.split(" ").some((post) => post === "superior" || post === "emergency:superior");

export function Parts({ row }: { row: CaseRow }) {
  const parts = partsOf(row.id);
  const may = branch.predicate(row);
  if (!parts.length && !may) return null;
  return (
    <section class="parts" aria-labelledby="parts-title">
      <div class="section-head">
        <h3 id="parts-title">{t("parts.title")}</h3>
        {row.with_agency && <span class="badge" data-led-by={row.with_agency}>{t("parts.led_by", { agency: agencyName(row.with_agency) })}</span>}
      </div>
      {parts.length > 0 && <ul class="plain">{parts.map((each) => <Row key={each.id} part={each} />)}</ul>}
      {may && (
        <details class="calling">
          <summary>{t("parts.more")}</summary>
          <CallForm row={row} />
          <div class="buttons">
            <Beside row={row} event="civil_part" text={t("parts.civil_part")} />
            <Beside row={row} event="mediate" text={t("parts.mediate")} />
            {superior() && <Beside row={row} event="supervise" text={t("parts.supervise")} />}
          </div>
        </details>
      )}
    </section>
  );
}
