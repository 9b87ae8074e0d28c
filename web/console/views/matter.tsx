/* The sheet of a matter: where it stands, what was promised, what can be done, what was filled in, what happened. */
import { useEffect } from "preact/hooks";
import { row } from "../../shared/board";
import { lang, t, word } from "../../shared/i18n";
import { inWords, stateOf } from "../../shared/procedure";
import { fullInstant, instant } from "../../shared/time";
import type { Id, LinkRow, MatterSheet, Rating } from "../../shared/types";
import { claim } from "../actions/claim";
import { migrate, ratingCheck, separate } from "../actions/mend_matter";
import { namesOf, procedureTitle } from "../editions";
import { fetchMatter, holderOf, matterProblem, matterSheet, openEvent } from "../matter_model";
import { valueText } from "../matter_words";
import { agencyName, go, may, operatorName, query, shownMatter } from "../state";
import { ActionButton } from "../ui/button";
import { focusIn } from "../ui/focus";
import { FormBox, useForm } from "../ui/form";
import { AreaField } from "../ui/fields";
import { ProblemBox } from "../ui/problem";
import { Age } from "./clock";
import { CaseDeliveries } from "./deliveries";
import { Due } from "./due";
import { Events } from "./matter_events";
import { HandOver } from "./matter_hand_over";
import { Promises } from "./matter_promises";
import { Timeline } from "./sheet_timeline";

const back = (): void => go(`/matters${query.value}`);

function Entry({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Head({ sheet }: { sheet: MatterSheet }) {
  const { matter } = sheet, names = namesOf(matter.edition);
  return (
    <div class="panel-head">
      <h2 id="sheet-title" tabIndex={-1}>
        {t("matter.one", { id: matter.id })} · {procedureTitle(matter.edition, matter.procedure)}
      </h2>
      <span class={`badge category-${matter.category}`} data-matter-state={matter.state} title={names.state(matter.state)}>
        {matter.waits_for ? t("matter.waits_for", { who: names.whom(matter.waits_for) }) : names.state(matter.state)}
      </span>
      {matter.supervised && <span class="badge supervised">{names.state(matter.supervision)}</span>}
      {matter.same_hand && <span class="badge same-hand" title={t("matter.same_hand_why")}>{t("matter.same_hand")}</span>}
      <Age since={sheet.case.opened_at_ms} />
      <button type="button" class="quiet" onClick={back}>{t("app.close")}</button>
    </div>
  );
}

/* What comes next, who has to do it, and whom one waits for until when. */
function Next({ sheet }: { sheet: MatterSheet }) {
  const { matter } = sheet, names = namesOf(matter.edition);
  const next = stateOf(names.content, "handling", matter.state)?.next;
  if (matter.category === "final") {
    return (
      <p class="ended">
        {t("sheet.closed", { time: instant(sheet.case.closed_at_ms), outcome: word("outcome", sheet.case.outcome) })}
        {sheet.case.merged_into && (
          <> · {t("matter.joined", { id: sheet.case.merged_into })}{" "}<ActionButton action={separate} subject={sheet} args={undefined} /></>
        )}
      </p>
    );
  }
  return (
    <div class="next-step" data-next>
      <p>
        <strong>{t("matter.acts", { role: names.role(matter.owner_role) })}</strong> · {agencyName(holderOf(matter))}
        {matter.waits_for && <strong class="waits" data-waits> · {t("matter.waits_for", { who: names.whom(matter.waits_for) })}</strong>}
        {" · "}<Due at={matter.due_at_ms} provisional={matter.provisional} paused={matter.due_at_ms === null && sheet.promises.some((each) => each.paused)} />
        {matter.due_at_ms !== null && <span class="quiet-text"> {t("matter.due_at", { time: fullInstant(matter.due_at_ms) })}</span>}
      </p>
      {next && <p class="quiet-text">{t("matter.citizen_reads", { text: inWords(next, lang.value, "") })}</p>}
      {matter.held_up_by && (
        <p class="problem" data-held-up={matter.held_up_by}>
          {t("matter.held_up_why")}{" "}
          <CaseLink id={matter.held_up_by} />
        </p>
      )}
      {matter.halted && <p class="problem" role="alert">{t("matter.halted_why", { why: matter.halted })}</p>}
      <ActionButton action={migrate} subject={sheet} args={undefined} quiet />
    </div>
  );
}

function Fields({ sheet }: { sheet: MatterSheet }) {
  const names = namesOf(sheet.matter.edition), said = sheet.case.personal;
  const filled = Object.entries(sheet.fields).filter(([name]) => name !== "offer_hash");
  const caller = [said?.caller_name, said?.caller_number].filter(Boolean).join(" · ");
  return (
    <>
      {said?.description && <p class="sheet-said letter" tabIndex={0} data-letter>{said.description}</p>}
      <dl class="details" data-fields>
        {filled.map(([name, value]) => (
          <Entry key={name} name={names.field(name)}><span class="said">{valueText(name, value, names)}</span></Entry>
        ))}
        {said?.address && <Entry name={t("open.address")}>{said.address}</Entry>}
        {caller && <Entry name={t("matter.caller")}>{caller}</Entry>}
        <Entry name={t("sheet.jurisdiction")}>{agencyName(sheet.case.jurisdiction)}</Entry>
        {sheet.case.owner && (
          <Entry name={t("sheet.owner")}>{operatorName(sheet.case.owner)} <ActionButton action={claim} subject={sheet.case} args={undefined} quiet /></Entry>
        )}
        <Entry name={t("sheet.opened")}>{t("sheet.opened_by", { time: fullInstant(sheet.case.opened_at_ms), who: operatorName(sheet.case.opened_by) })}</Entry>
        {sheet.contacts.length > 0 && (
          <Entry name={t("sheet.contacts")}>
            <ul class="plain">
              {sheet.contacts.map((each) => (
                <li key={each.id}>
                  {each.id} · {word("channel", each.channel)} · {[each.personal?.name, each.personal?.number].filter(Boolean).join(" · ")}
                  {each.personal?.text && each.personal.text !== said?.description && <span class="said"> · {each.personal.text}</span>}
                </li>
              ))}
            </ul>
          </Entry>
        )}
        {sheet.links.length > 0 && <Entry name={t("matter.links")}><Links id={sheet.case.id} links={sheet.links} /></Entry>}
      </dl>
    </>
  );
}

/* An incident and a matter have sheets of their own; where it is not on the board, the incident's finds out. */
function CaseLink({ id }: { id: Id }) {
  const to = row("matter", id) ? `/matter/${id}` : `/case/${id}`;
  return <a href={to} onClick={(event) => { event.preventDefault(); go(to); }}>{t("matter.numbered", { id })}</a>;
}

function Links({ id, links }: { id: Id; links: readonly LinkRow[] }) {
  return (
    <>
      {links.map((each) => {
        const away = each.case === id ? each.other : each.case;
        const kind = each.case === id ? each.kind : `${each.kind}_back`;
        return (
          <span key={each.id} data-link-kind={each.kind}>
            {word("link_kind", kind)}{" "}
            <CaseLink id={away} />{" "}
          </span>
        );
      })}
    </>
  );
}

function CheckForm({ rating }: { rating: Rating }) {
  const form = useForm(`rating/${rating.contact}`, { text: "" });
  const submit = async (): Promise<void> => {
    const text = form.values.value.text?.trim() ?? "";
    if (!text) {
      form.wrong.value = { text: t("code.missing-field") };
      return focusIn("#rating-form [aria-invalid]");
    }
    if (await form.submit((key) => ratingCheck.perform(rating.contact, { text }, key))) await fetchMatter();
  };
  return (
    <FormBox form={form} id="rating-form" label={t("matter.check")} submit={t("matter.check")} onSubmit={submit}>
      <AreaField name="text" label={t("matter.found")} rows={2} required />
    </FormBox>
  );
}

function Ratings({ sheet }: { sheet: MatterSheet }) {
  const checker = namesOf(sheet.matter.edition).content?.survey?.check_by;
  if (!sheet.ratings.length) return null;
  const looksInto = checker ? sheet.roles.includes(checker) : may("supervisor"); /* whoever is there for what is nobody's */
  return (
    <>
      <h3>{t("matter.ratings")}</h3>
      <ul class="plain">
        {sheet.ratings.map((each) => {
          const waits = each.check_due_at_ms !== null && each.checked_at_ms === null;
          return (
            <li key={each.contact} data-rated={each.level}>
              {t("matter.stars", { level: each.level })} · {t(each.solved ? "matter.solved" : "matter.not_solved")} · {instant(each.rated_at_ms)}
              {waits && <> · {t("matter.check_until")} <Due at={each.check_due_at_ms} /></>}
              {each.checked_at_ms !== null && ` · ${t("matter.checked", { time: instant(each.checked_at_ms) })}`}
              {waits && looksInto && <CheckForm rating={each} />}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Waiting({ id }: { id: string }) {
  const problem = matterProblem.value;
  return (
    <section class="panel sheet" aria-busy={!problem}>
      <div class="panel-head">
        <h2>{t("matter.one", { id })}</h2>
        <button type="button" class="quiet" onClick={back}>{t("app.close")}</button>
      </div>
      {problem ? <p>{t("matter.gone")}</p> : <p class="empty">{t("app.loading")}</p>}
      <ProblemBox problem={problem} />
      {problem && <button type="button" onClick={() => void fetchMatter()}>{t("save.retry")}</button>}
    </section>
  );
}

export function Matter() {
  const id = shownMatter.value, sheet = matterSheet.value;
  const ready = sheet?.case.id === id;
  useEffect(() => { if (ready && !openEvent.peek()) focusIn("#sheet-title"); }, [id, ready]);
  if (!sheet || !ready) return <Waiting id={id ?? ""} />;
  return (
    <section class="panel sheet matter-sheet" aria-labelledby="sheet-title" data-matter-sheet={id}>
      <Head sheet={sheet} />
      {sheet.case.erased_at_ms !== null && <p class="ended">{t("sheet.erased", { time: instant(sheet.case.erased_at_ms) })}</p>}
      <Next sheet={sheet} />
      <Events sheet={sheet} />
      <HandOver sheet={sheet} />
      <Promises sheet={sheet} />
      <Ratings sheet={sheet} />
      <h3>{t("sheet.details")}</h3>
      <Fields sheet={sheet} />
      <Timeline id={sheet.case.id} matter={sheet} />
      <CaseDeliveries key={`sent ${sheet.case.id}`} id={sheet.case.id} />
    </section>
  );
}
