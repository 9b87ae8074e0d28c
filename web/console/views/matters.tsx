/* The board of matters: queues by clock, narrowed by procedure, by what is mine to do, and by words. */
import { useSignal } from "@preact/signals";
import { matterCase, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant, now } from "../../shared/time";
import type { MatterRow, RatingRow } from "../../shared/types";
import { newMatter, offerMatter } from "../actions/new_matter";
import { boards, showMatters, type BoardName } from "../actions/show_matters";
import { namesOf, openable, procedureTitle } from "../editions";
import { holderOf, mine, ourAgency, pausedMatters, supervisedUntil } from "../matter_model";
import { inOrder, standsIn, type Queue, type QueueWorld } from "../matter_queues";
import { badRatings, hasRatings, ratingQueue, ratingState } from "../ratings";
import { agencyName, boardLoaded, go, query, shownMatter } from "../state";
import { Age } from "./clock";
import { Due } from "./due";

const SHOWN_MAX = 300;

const chosen = (): BoardName => {
  const asked = new URLSearchParams(query.value).get("board");
  return boards.find((each) => each === asked) ?? "all";
};

export function Link({ id, children }: { id: string; children?: preact.ComponentChildren }) {
  const to = `/matter/${id}`;
  return (
    <a
      href={to} data-matter-link aria-label={t("matter.one", { id })}
      aria-current={shownMatter.value === id ? "true" : undefined}
      onClick={(event) => { event.preventDefault(); go(`${to}${query.value}`); }}
    >
      {children ?? id}
    </a>
  );
}

function Standing({ row }: { row: MatterRow }) {
  const names = namesOf(row.edition);
  return (
    <>
      <span class={`badge category-${row.category}`} title={names.state(row.state)}>
        {row.waits_for ? t("matter.waits_for", { who: names.whom(row.waits_for) }) : names.state(row.state)}
      </span>{" "}
      {row.supervised && <span class="badge supervised">{t("queue.supervised")}</span>}{" "}
      {row.same_hand && <span class="badge same-hand" title={t("matter.same_hand_why")}>{t("matter.same_hand")}</span>}{" "}
      {row.held_up_by && <span class="badge" title={t("matter.held_up_why")} data-held-up>{t("matter.held_up", { id: row.held_up_by })}</span>}{" "}
      {row.halted && <span class="badge halted" title={row.halted}>{t("matter.halted")}</span>}
    </>
  );
}

/* Who has it, and to whom it is being handed. */
function Holder({ row }: { row: MatterRow }) {
  return (
    <>
      {agencyName(holderOf(row))}
      {row.offer_hash && <span class="offered"> → {agencyName(row.offered_to)} <span class="quiet-text">{t("matter.offered")}</span></span>}
    </>
  );
}

function Matter({ row, board }: { row: MatterRow; board: Queue }) {
  const names = namesOf(row.edition), shown = row.id === shownMatter.value, of = matterCase(row.id);
  const paused = pausedMatters.value.has(row.id) && row.due_at_ms === null;
  return (
    <tr
      class={shown ? "case matter shown" : "case matter"} data-matter={row.id} data-state={row.state}
      onClick={(event) => { if (!(event.target as HTMLElement).closest("a")) go(`/matter/${row.id}${query.value}`); }}
    >
      <th scope="row"><Link id={row.id} /></th>
      <td class="procedure">
        {procedureTitle(row.edition, row.procedure)}
        {of?.personal?.address && <span class="quiet-text"> · {of.personal.address}</span>}
      </td>
      <td><Standing row={row} /></td>
      <td>{names.role(row.owner_role)}</td>
      <td><Holder row={row} /></td>
      <td class="number">
        {board === "supervised"
          ? <Due at={supervisedUntil.value.get(row.id) ?? null} />
          : <Due at={row.due_at_ms} provisional={row.provisional} paused={paused} />}
      </td>
      <td class="number"><Age since={of?.opened_at_ms ?? null} /></td>
    </tr>
  );
}

function matches(row: MatterRow, text: string): boolean {
  const names = namesOf(row.edition);
  const all = [
    row.id, procedureTitle(row.edition, row.procedure), names.state(row.state), names.whom(row.waits_for), names.role(row.owner_role),
    agencyName(holderOf(row)), agencyName(row.offered_to), matterCase(row.id)?.personal?.address ?? "",
  ];
  return all.some((each) => each.toLowerCase().includes(text));
}

function Ratings({ list }: { list: readonly RatingRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("cases.no")}</th>
          <th scope="col">{t("matter.procedure")}</th>
          <th scope="col">{t("matter.rating")}</th>
          <th scope="col">{t("matter.rated")}</th>
          <th scope="col">{t("cases.state")}</th>
          <th scope="col" class="number">{t("queue.due")}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((each) => {
          const state = ratingState(each, now.value), edition = openable().find((one) => one.name === each.procedure);
          return (
            <tr key={each.id} class="case" data-rating={each.id} data-rating-state={state}>
              <th scope="row">{each.case && <Link id={each.case} />}</th>
              <td>{edition ? procedureTitle(edition.id, each.procedure) : each.procedure}</td>
              <td>{t("matter.stars", { level: each.level })} · {t(each.solved === "yes" ? "matter.solved" : "matter.not_solved")}</td>
              <td>{instant(each.rated_at_ms)}</td>
              <td><span class={state === "overdue" ? "badge breached" : "badge"}>{t(`queue.rating_${state}`)}</span></td>
              <td class="number">
                {state === "done" ? t("matter.checked", { time: instant(each.checked_at_ms) }) : <Due at={each.check_due_at_ms} />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Table({ list, board }: { list: readonly MatterRow[]; board: Queue }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("cases.no")}</th>
          <th scope="col">{t("matter.procedure")}</th>
          <th scope="col">{t("cases.state")}</th>
          <th scope="col">{t("matter.owner_role")}</th>
          <th scope="col">{t("matter.holder")}</th>
          <th scope="col" class="number">{t(board === "supervised" ? "queue.until" : "queue.due")}</th>
          <th scope="col" class="number">{t("cases.age")}</th>
        </tr>
      </thead>
      <tbody>{list.map((row) => <Matter key={row.id} row={row} board={board} />)}</tbody>
    </table>
  );
}

function Boards({ list, world, board }: { list: readonly MatterRow[]; world: QueueWorld; board: BoardName }) {
  return (
    <div class="boards" role="group" aria-label={t("matters.queues")}>
      {boards.filter((each) => each !== "ratings" || hasRatings.value).map((each) => {
        const n = each === "ratings" ? badRatings.value.length : list.filter((row) => standsIn(each, row, world)).length;
        const due = n > 0 && (each === "overdue" || each === "ratings" || each === "offers");
        return (
          <button
            key={each} type="button" class="quiet" data-board={each} aria-pressed={each === board}
            onClick={() => void showMatters.perform(undefined, { board: each })}
          >
            {t(`queue.${each}`)} <span class={due ? "count due" : "count"}>{n}</span>
          </button>
        );
      })}
    </div>
  );
}

export function Matters() {
  const filter = useSignal(""), procedure = useSignal(""), own = useSignal(false);
  const board = chosen();
  const world: QueueWorld = {
    now: now.value, paused: pausedMatters.value, supervisedUntil: supervisedUntil.value, mine: ourAgency,
  };
  const text = filter.value.trim().toLowerCase();
  const list = [...rows("matter").values()].filter((row) =>
    (!procedure.value || row.procedure === procedure.value) && (!own.value || mine(row)) && (!text || matches(row, text)));
  const found = board === "ratings" ? [] : inOrder(board, list, world);
  const ratings = board === "ratings" ? ratingQueue.value : [];
  const empty = found.length + ratings.length === 0;
  const left = found.length - SHOWN_MAX;
  return (
    <section class="panel cases matters" id="cases" aria-labelledby="matters-title" tabIndex={-1}>
      <div class="panel-head">
        <h2 id="matters-title">{t("matters.title")} <span class="count">{rows("matter").size}</span></h2>
        <label class="inline-check">
          <input type="checkbox" data-mine checked={own.value} onChange={(event) => (own.value = event.currentTarget.checked)} />
          {t("matters.mine")}
        </label>
        <select
          class="filter-only" aria-label={t("matter.procedure")} value={procedure.value}
          onChange={(event) => (procedure.value = event.currentTarget.value)}
        >
          <option value="">{t("matters.every")}</option>
          {openable().map((each) => <option key={each.id} value={each.name}>{procedureTitle(each.id, each.name)}</option>)}
        </select>
        <input
          type="search" class="filter-only" aria-label={`${t("app.filter")}: ${t("matters.title")}`}
          placeholder={t("app.filter")} value={filter.value} onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <button type="button" class="quiet" data-to-rates onClick={() => go("/matters/rates")}>{t("rates.open")}</button>
        {newMatter.predicate() && (
          <button type="button" class="main" aria-keyshortcuts="f" onClick={() => offerMatter()}>{t("matters.new")}</button>
        )}
      </div>
      <Boards list={list} world={world} board={board} />
      {!boardLoaded.value && <p class="empty">{t("app.loading")}</p>}
      {boardLoaded.value && empty && <p class="empty">{t("matters.empty")}</p>}
      {!empty && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="matters-title">
          {board === "ratings" ? <Ratings list={ratings} /> : <Table list={found.slice(0, SHOWN_MAX)} board={board} />}
        </div>
      )}
      {left > 0 && <p class="empty">{t("app.more", { n: left })}</p>}
    </section>
  );
}
