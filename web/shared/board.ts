/* The board: rows as the desk sends them, by table and id.  A frame is a delta in row shapes, so nothing is
 * computed here but what is still open.  Views read `rows(table)`, which makes them follow that table. */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { tables, type Board, type ClockRow, type Frame, type Id, type Rows, type Table } from "./types";
import { incident, isAssignmentOpen, isCaseOpen, isContactOpen } from "./words";

type Store = { [T in Table]: Map<Id, Rows[T]> };

const store = Object.fromEntries(tables.map((table) => [table, new Map()])) as unknown as Store;
/* The case rows of matters: kept apart, so that whatever reads `rows("case")` reads incidents. */
const matterCases = new Map<Id, Rows["case"]>();
const revisions = Object.fromEntries(tables.map((table) => [table, signal(0)])) as Record<Table, Signal<number>>;
export const boardSeq = signal(0);

/* What stays on a board: matters leave it when they are over, the house stays. */
function stays<T extends Table>(table: T, row: Rows[T]): boolean {
  if (table === "case") return isCaseOpen((row as Rows["case"]).state);
  if (table === "contact") return isContactOpen((row as Rows["contact"]).state);
  if (table === "assignment") return isAssignmentOpen((row as Rows["assignment"]).state);
  if (table === "matter") return (row as Rows["matter"]).category !== "final";
  if (table === "promise") return (row as Rows["promise"]).stopped_at_ms === null;
  if (table === "edition") return (row as Rows["edition"]).current;
  if (table === "stint") return ["planned", "on"].includes((row as Rows["stint"]).state);
  if (table === "handover") return (row as Rows["handover"]).taken_at_ms === null;
  if (table === "clock") return (row as ClockRow).stopped_at_ms === null;
  return true;
}

export function rows<T extends Table>(table: T): ReadonlyMap<Id, Rows[T]> {
  revisions[table].value; /* the view follows this table */
  return store[table];
}

export function row<T extends Table>(table: T, id: Id | null | undefined): Rows[T] | undefined {
  return id ? rows(table).get(id) : undefined;
}

/* The case row of a matter: its version, and what was written in it. */
export function matterCase(id: Id | null | undefined): Rows["case"] | undefined {
  revisions.case.value;
  return id ? matterCases.get(id) : undefined;
}

/* The open parts that agencies have in an incident, in the order in which they were called. */
export function partsOf(id: Id): Rows["case"][] {
  revisions.case.value;
  return [...matterCases.values()].filter((each) => each.part_of === id).sort((a, b) => Number(a.id) - Number(b.id));
}

function mapOf<T extends Table>(table: T, row: Rows[T]): Map<Id, Rows[T]> {
  const apart = table === "case" && (row as Rows["case"]).procedure !== incident;
  return (apart ? matterCases : store[table]) as Map<Id, Rows[T]>;
}

function drop(table: Table, id: Id): void {
  store[table].delete(id);
  if (table === "case") matterCases.delete(id);
}

export function loadBoard(board: Board): void {
  batch(() => {
    for (const table of tables) {
      store[table].clear();
      if (table === "case") matterCases.clear();
      for (const each of board.rows[table] ?? []) mapOf(table, each).set(each.id, each);
      revisions[table].value++;
    }
    boardSeq.value = board.seq;
  });
}

export function applyFrame(frame: Frame): void {
  batch(() => {
    for (const table of tables) {
      const upsert = frame.upsert?.[table] ?? [];
      const remove = frame.remove?.[table] ?? [];
      for (const each of upsert) {
        if (stays(table, each)) mapOf(table, each).set(each.id, each);
        else drop(table, each.id);
      }
      for (const id of remove) drop(table, id);
      if (upsert.length || remove.length) revisions[table].value++;
    }
    boardSeq.value = frame.seq;
  });
}

function groupClocks(by: "case" | "contact"): ReadonlySignal<Map<Id, ClockRow>> {
  return computed(() => {
    const soonest = new Map<Id, ClockRow>();
    for (const clock of rows("clock").values()) {
      const id = clock[by];
      if (!id || clock.due_at_ms === null) continue;
      const before = soonest.get(id);
      if (!before || clock.due_at_ms < (before.due_at_ms ?? Infinity)) soonest.set(id, clock);
    }
    return soonest;
  });
}

/* Of the clocks that run, the one that falls due first. */
export const clockOfCase = groupClocks("case");
export const clockOfContact = groupClocks("contact");

export const classByCode = computed(() => {
  const found = new Map<string, Rows["class"]>();
  for (const each of rows("class").values()) found.set(each.code, each);
  return found;
});

export const unitByCallSign = computed(() => {
  const found = new Map<string, Rows["unit"]>();
  for (const unit of rows("unit").values()) found.set(unit.call_sign.toLowerCase(), unit);
  return found;
});
