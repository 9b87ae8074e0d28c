/* The board: rows as the desk sends them, by table and id.  A frame is a delta in row shapes, so nothing is
 * computed here but what is still open.  Views read `rows(table)`, which makes them follow that table. */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { tables, type Board, type ClockRow, type Frame, type Id, type Rows, type Table } from "./types";
import { isAssignmentOpen, isCaseOpen, isContactOpen } from "./words";

type Store = { [T in Table]: Map<Id, Rows[T]> };

const store = Object.fromEntries(tables.map((table) => [table, new Map()])) as unknown as Store;
const revisions = Object.fromEntries(tables.map((table) => [table, signal(0)])) as Record<Table, Signal<number>>;
export const boardSeq = signal(0);

/* What stays on a board: matters leave it when they are over, the house stays. */
function stays<T extends Table>(table: T, row: Rows[T]): boolean {
  if (table === "case") return isCaseOpen((row as Rows["case"]).state);
  if (table === "contact") return isContactOpen((row as Rows["contact"]).state);
  if (table === "assignment") return isAssignmentOpen((row as Rows["assignment"]).state);
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

export function loadBoard(board: Board): void {
  batch(() => {
    for (const table of tables) {
      const map = store[table] as Map<Id, Rows[typeof table]>;
      map.clear();
      for (const each of board.rows[table] ?? []) map.set(each.id, each);
      revisions[table].value++;
    }
    boardSeq.value = board.seq;
  });
}

export function applyFrame(frame: Frame): void {
  batch(() => {
    for (const table of tables) {
      const map = store[table] as Map<Id, Rows[typeof table]>;
      const upsert = frame.upsert?.[table] ?? [];
      const remove = frame.remove?.[table] ?? [];
      for (const each of upsert) {
        if (stays(table, each)) map.set(each.id, each);
        else map.delete(each.id);
      }
      for (const id of remove) map.delete(id);
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
