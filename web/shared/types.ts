/* Rows and answers of the API: each record's JSON as src/core/entity.h lists it, without keys and
 * ciphertext.  Ids are strings, instants are milliseconds since 1970 (UTC), a missing value is null. */
import type { Content } from "./procedure";
import type {
  AlertForm, AlertKind, DeliveryState,
  AgencyLevel, AssignmentState, Body, CaseState, Channel, ClockKind, ContactResult, ContactState, Duty, Force,
  Interpreter, MatterCategory, Outcome, Profile, RingBack, Role, StintState, StintWarning, UnitKind,
} from "./words";

export type Id = string;
type At = number | null;

export interface AgencyRow {
  id: Id; code: string; name: string; parent: Id | null; level: AgencyLevel; active: boolean;
  jurisdiction: Id; version: number; division?: string; seq: Id;
}
export interface UnitRow {
  id: Id; call_sign: string; kind: UnitKind; jurisdiction: Id; station: Id | null; capabilities: string;
  duty: Duty; assignment: Id | null; case: Id | null; waiting_count: number; active: boolean;
  version: number; called_by?: Id | null; seq: Id;
}
export interface OperatorRow {
  id: Id; number: string; roles: Role[]; jurisdiction: Id; unit: Id | null; active: boolean;
  posts?: string; version: number; seq: Id; personal: { name?: string } | null;
}
export type ClassRow = {
  id: Id; code: string; name_en: string; name_hans: string; name_hant: string; priority: number;
  dispatch_ms: At; acknowledge_ms: At; arrive_ms: At; report_back_ms: At; close_ms: At; active: boolean; seq: Id;
} & ClassTexts;
/* Response plan, callers' words and questions: a class may lack any of them. */
export interface ClassTexts {
  plan?: string; words_en?: string; words_hans?: string; words_hant?: string;
  questions_en?: string; questions_hans?: string; questions_hant?: string;
}
export interface ContactRow {
  id: Id; channel: Channel; state: ContactState; result: ContactResult | null; jurisdiction: Id;
  case: Id | null; operator: Id | null; line: string; received_at_ms: At; rang_at_ms: At;
  answered_at_ms: At; abandoned_at_ms: At; ended_at_ms: At; lat: number | null; lon: number | null;
  uncertainty_m: number; fix_source: string | null; fixed_at_ms: At; fix_count: number;
  erased_at_ms: At; case_area: Id | null; seq: Id; personal: { number?: string; name?: string; text?: string } | null;
  /* Of a matter that was rated: the level (0: none), and until when a bad one is looked into. */
  locating?: "asked" | "agreed" | "ended" | null;
  rating?: number; solved?: string | null; rated_at_ms?: At; check_due_at_ms?: At; checked_at_ms?: At;
  /* Of a call that a telephone exchange reported; and who has to be rung back. */
  call?: string; exchange?: Id | null; position?: string; trunk?: string; recording?: string; roll_count?: number;
  roll_at_ms?: At; transfer_count?: number; transferred_at_ms?: At; hung_up_at_ms?: At; taken_from?: Id | null;
  taken_at_ms?: At; language?: string; interpreter?: Interpreter | null; ring_back_until_ms?: At;
  ring_back_count?: number; ring_back?: RingBack | null; ring_back_at_ms?: At; called_again?: Id | null;
}
export interface CasePersonal {
  address?: string; description?: string; caller_name?: string; caller_number?: string;
}
export interface CaseRow {
  id: Id; procedure: string; class: string; priority: number; state: CaseState; outcome: Outcome | null;
  jurisdiction: Id; owner: Id | null; opened_by: Id | null; lat: number | null; lon: number | null;
  address_verified: boolean; first_contact_at_ms: At; opened_at_ms: At; dispatched_at_ms: At;
  on_scene_at_ms: At; closed_at_ms: At; reopened_at_ms: At; reopen_count: number; merged_into: Id | null;
  contact_count: number; assignment_count: number; entry_count: number; erased_at_ms: At; version: number;
  changed_by: Id | null; changed_at_ms: At; seq: Id; personal: CasePersonal | null;
  with_agency?: Id | null; offered_to?: Id | null; part_of?: Id | null;
  source?: "desk" | "paper"; sheet?: string;
}
export interface AssignmentRow {
  id: Id; case: Id; unit: Id; state: AssignmentState; ended: string | null; report_code: string;
  made_at_ms: At; assigned_at_ms: At; acknowledged_at_ms: At; en_route_at_ms: At; on_scene_at_ms: At;
  transporting_at_ms: At; at_destination_at_ms: At; cleared_at_ms: At; destination: Id | null;
  made_by: Id | null; jurisdiction: Id; unit_agency: Id | null; past: boolean; seq: Id;
}
export interface ClockRow {
  id: Id; kind: ClockKind; case: Id | null; contact: Id | null; assignment: Id | null; jurisdiction: Id;
  anchor_at_ms: At; budget_ms: At; due_at_ms: At; stopped_at_ms: At; rung: number; breached_at_ms: At; seq: Id;
}
export interface LinkRow {
  id: Id; case: Id; other: Id; kind: string; jurisdiction: Id; at_ms: At; seq: Id;
}
/* Stations, posts, facilities; a road closure is a place with a line or an area. */
export interface PlaceRow {
  id: Id; kind: string; name: string; jurisdiction: Id; lat: number | null; lon: number | null;
  form?: "none" | "line" | "polygon" | null; points?: [number, number][] | null; until_at_ms?: At;
  direction?: "both" | "along" | null; speed_percent?: number; active?: boolean; version: number; code?: string; seq: Id;
}

/* Ground with a border; the border is asked for apart (GET /v1/areas/borders). */
export interface AreaRow { id: Id; kind: string; code: string; name: string; jurisdiction: Id; active: boolean; version: number; seq: Id }
export interface Borders {
  seq: number; cut: boolean;
  borders: { area: AreaRow; border: { type: "Polygon"; coordinates: [number, number][][] } }[];
}

/* A published procedure or calendar. */
export interface EditionRow {
  id: Id; kind: "procedure" | "calendar"; name: string; version: number; hash: string; title_en: string;
  title_hans: string; title_hant: string; current: boolean; example: boolean; published_at_ms: At;
  /* Whose additions to a calendar these are; null: for the whole desk. */
  jurisdiction: Id | null; seq: Id;
}
/* Where a matter (the case of the same id) stands in its procedure. */
export interface MatterRow {
  id: Id; procedure: string; edition: Id; state: string; category: MatterCategory; owner_role: string;
  waits_for: Body | ""; responsibility: string; supervision: string; supervised: boolean; with_agency: Id | null;
  offered_to: Id | null; offer_hash: string; offered_at_ms: At; due_at_ms: At; provisional: boolean; next_at_ms: At;
  stale: boolean; returns: number; reopens: number; extensions: number; published: string; surveyed_at_ms: At;
  halted: string; same_hand: boolean; held_up_by: Id | null; jurisdiction: Id; seq: Id;
}
/* A running clock of a matter, or what became of it; without a due instant while it is paused. */
export interface PromiseRow {
  id: Id; case: Id; clock: string; force: Force; measures: Body; anchor_at_ms: At; due_at_ms: At;
  provisional: boolean; paused: boolean; stopped_at_ms: At; breached_at_ms: At; rung_count: number;
  jurisdiction: Id; with_agency: Id | null; offered_to: Id | null; seq: Id;
}
/* A bad rating under a name that somebody looks into, without who rated; the id is the contact's. */
export interface RatingRow {
  id: Id; case: Id | null; procedure: string; level: number; solved: "none" | "yes" | "no"; rated_at_ms: At;
  check_due_at_ms: At; checked_at_ms: At; jurisdiction: Id; seq: Id;
}

/* A channel out of the house, for administrators and supervisors; its secret is nowhere here. */
export interface AlertChannelRow {
  id: Id; name: string; kind: AlertKind; jurisdiction: Id; url: string; allowed_host: string; events: string; roles: string;
  station: Id | null; citizens: boolean; personal: boolean; no_handshake: boolean; form: AlertForm; language: string;
  recipients: string; sender: string; username: string; headers: string; body: string; content_type: string;
  status_url: string; id_member: string; status_member: string; done_words: string; failed_words: string;
  keep_trying_ms: At; active: boolean; personal_by: Id | null; personal_at_ms: At; paused: boolean; off: "gone" | null;
  off_at_ms: At; has_secret: boolean; version: number; seq: Id;
}
/* What became of telling one receiver of one event; without a channel, an event that could not be told to anybody yet. */
export interface Delivery {
  id: Id; channel: Id | null; channel_name: string; channel_kind: AlertKind; event_seq: Id; event: string; case: Id | null;
  contact: Id | null; recipient: number; state: DeliveryState; tries: number; made_at_ms: At; next_at_ms: At; until_ms: At;
  last_at_ms: At; last_status: number; last_answer: string; done_at_ms: At; remote_id: string; resent_by: Id | null;
  crashes: number;
}
export interface Deliveries { seq: number; rows: Delivery[]; next: Id | null }
/* A timer that stopped the desk twice and is set aside: what it is, and whom it concerns. */
export interface AsideTimer {
  what: string; target: Id; clock: string; case: Id | null; contact: Id | null; unit: Id | null; code: string; due_at_ms: number; at_ms: number;
}
/* `by_record`: at a start, by the record alone: the desk may have been away for so long. */
export interface TimeDoubt { wall_at_ms: number; expected_at_ms: number; by_record: boolean }
/* GET /v1/vitals: what the desk knows of itself, for whoever looks after it. */
export interface DeskVitals {
  ack_slow: boolean; ack_p50_ms: number | null; ack_p99_ms: number | null; ack_count: number; ack_limit_ms: number;
  space: "fine" | "low" | "out"; free_bytes: number; time_held: boolean; refused: number;
  time_doubt: TimeDoubt | null; timers_stuck: boolean; timers: AsideTimer[];
  quarantine: { what: string; actor: Id | null; target: Id | null; crashes: number; first_at_ms: number; last_at_ms: number }[];
  outbox: { state: "fine" | "stopped" | "broken"; at_seq: Id | null; since_ms: number | null; why: string; set_aside: number; waiting: number };
}
/* A place at the desk where calls ring, and who sits there. */
export interface DeskPositionRow {
  id: Id; code: string; name: string; jurisdiction: Id; lines: string; next: Id | null; rollover_ms: At;
  operator: Id | null; since_at_ms: At; active: boolean; version: number; seq: Id;
}
/* One person's stint of duty on a unit or at a position, planned or going on; what the rest rules say of it. */
export interface StintRow {
  id: Id; operator: Id; unit: Id | null; desk_position: Id | null; shift: string; jurisdiction: Id; starts_at_ms: At;
  ends_at_ms: At; since_at_ms: At; rest_ms: At; least_rest_ms: At; longest_ms: At; warned: StintWarning[];
  state: StintState; began_at_ms: At; ended_at_ms: At; seq: Id;
}
/* Of the agency of that id. */
export interface DutyRuleRow { id: Id; least_rest_ms: At; longest_ms: At; jurisdiction: Id; version: number; seq: Id }
export interface HandoverRow {
  id: Id; shift: string; jurisdiction: Id; desk_position: Id | null; left_by: Id; left_at_ms: At; taken_by: Id | null;
  taken_at_ms: At; seq: Id; personal: { text?: string } | null;
}
export interface DutyLevelRow {
  id: Id; code: string; name: string; rank: number; jurisdiction: Id; units: Id[]; agencies: Id[]; active: boolean;
  raised_by: Id | null; raised_at_ms: At; until_at_ms: At; reason: string; called_count: number; version: number; seq: Id;
}
/* GET /v1/handover: what the next shift must know. */
export interface HandoverCase {
  case: CaseRow; age_ms: number; clock: ClockKind | null; waits_for: string; unit: Id | null; due_at_ms: At; overdue: boolean;
}
export interface Handover {
  seq: number; now_ms: number; cases: HandoverCase[]; contacts: ContactRow[]; units: UnitRow[]; road_closures: PlaceRow[];
  duty_levels: DutyLevelRow[]; desk_positions: DeskPositionRow[]; stints: StintRow[]; notes: HandoverRow[];
}

export const deviceProtocols = ["owntracks", "osmand", "jt808"] as const;
export interface DeviceRow {
  id: Id; protocol: (typeof deviceProtocols)[number]; identity: string; unit: Id; active: boolean; jurisdiction: Id; version: number; seq: Id;
}
/* What is known of devices beside the record, since the desk started. */
export interface DeviceHeard { device: Id; received_at_ms: At; device_at_ms: At; clock_off: boolean; has_secret: boolean }
export interface UnknownDevice { protocol: string; identity: string; note: string; first_at_ms: number; last_at_ms: number; count: number }
export interface DevicesHeard { seq: number; now_ms: number; heard: DeviceHeard[]; unknown: UnknownDevice[] }
/* The safety timer of the unit of the same id, while it runs. */
export interface CheckInRow {
  id: Id; every_ms: number; due_at_ms: At; rang_at_ms: At; last_at_ms: At; assignment: Id | null; set_by: Id | null; jurisdiction: Id; seq: Id;
}
/* A crew that called for help. */
export interface DuressRow {
  id: Id; unit: Id; call_sign: string; device: Id | null; raised_by: Id | null; raised_at_ms: At; occurred_at_ms: At;
  lat: number | null; lon: number | null; case: Id | null; acknowledged_by: Id | null; acknowledged_at_ms: At;
  jurisdiction: Id; case_area: Id | null; seq: Id; personal: { note?: string } | null;
}

export interface Rows {
  agency: AgencyRow; unit: UnitRow; operator: OperatorRow; class: ClassRow; contact: ContactRow;
  case: CaseRow; assignment: AssignmentRow; clock: ClockRow; link: LinkRow; place: PlaceRow;
  edition: EditionRow; matter: MatterRow; promise: PromiseRow; rating: RatingRow;
  alert_channel: AlertChannelRow;
  desk_position: DeskPositionRow; stint: StintRow; duty_rule: DutyRuleRow; handover: HandoverRow; duty_level: DutyLevelRow;
  device: DeviceRow; check_in: CheckInRow; duress: DuressRow;
}
export type Table = keyof Rows;
export const tables: readonly Table[] = [
  "agency", "unit", "operator", "class", "contact", "case", "assignment", "clock", "link", "place",
  "edition", "matter", "promise", "rating", "alert_channel", "desk_position", "stint", "duty_rule", "handover", "duty_level", "device", "check_in", "duress",
];

export interface Board { seq: number; now_ms: number; rows: { [T in Table]?: Rows[T][] } }
export interface Frame {
  seq: number; at_ms: number;
  upsert?: { [T in Table]?: Rows[T][] };
  remove?: { [T in Table]?: Id[] };
}
export interface Sheet {
  seq: number; case: CaseRow; contacts: ContactRow[]; assignments: AssignmentRow[]; clocks: ClockRow[];
  links: LinkRow[];
}
/* What may be done with a matter now: which fields it needs, which of them are still to be filled in, what else. */
export type Taken = "agency" | "other" | "class";
export interface MatterChoice { event: string; needs: string[]; missing: string[]; takes: Taken[]; spared: Bar | "none" }
/* What is for another hand: why, and whose (numbers of operators). */
export type Bar = "four_eyes" | "other_hand";
export interface MatterBarred { event: string; why: Bar; who: string }
export type FieldValue = string | number | boolean;
export interface Rating {
  contact: Id; level: number; solved: boolean; rated_at_ms: At; check_due_at_ms: At; checked_at_ms: At;
}
export interface MatterSheet {
  seq: number; case: CaseRow; matter: MatterRow; fields: Record<string, FieldValue>; roles: string[];
  choices: MatterChoice[]; barred: MatterBarred[]; promises: PromiseRow[]; contacts: ContactRow[]; links: LinkRow[]; ratings: Rating[];
}
export interface AddedDay { day: string; works: boolean; source: string }
export interface EditionDays { seq: number; days: AddedDay[] }
export interface EditionAnswer { seq: number; edition: EditionRow; content: Content }
export interface TimelineEvent {
  seq: number; at_ms: number; kind: string; actor: Id | null;
  body: Record<string, unknown>; personal: Record<string, string> | null;
}
/* `more`: what follows the last of them is asked for from its seq. */
export interface Timeline { seq: number; events: TimelineEvent[]; more: boolean }

/* What the desk was started with: without roads it measures straight lines, without an index it finds no address. */
export interface Part { loaded: boolean; reason?: string | null }
export interface Area { roads?: Part | boolean; tiles?: Part | boolean; addresses?: Part | boolean }
export const partOf = (part: Part | boolean | undefined): Part => (typeof part === "object" ? part : { loaded: !!part });
export interface Me {
  operator: Id; roles: Role[]; jurisdiction: Id; unit: Id | null; training: boolean; area?: Area | null;
}

export type Basis = "road" | "straight_line";
export interface RecommendedUnit {
  unit: Id; call_sign: string; kind: UnitKind; capability: string; rank: number; chosen: boolean;
  travel_ms: number | null; length_m: number | null; basis: Basis;
  position: { lat: number; lon: number; source: "device" | "station"; at_ms: At; age_ms: At } | null;
  duty: Duty; reasons: string[];
}
export interface Recommendation {
  recommendation: Id; case: Id; class: string; made_at_ms: number; valid_until_ms: number; alarm: number;
  alarms?: number; /* how many levels the plan has */
  profile: Profile; basis: Basis; basis_reason: string | null;
  place: { lat: number; lon: number; off_road_m: number | null };
  needs: { capability: string; count: number; here?: number; found: number; short: number }[]; /* found: with those here */
  units: RecommendedUnit[];
  passed_over: { unit: Id; call_sign: string; capability: string; reason: string; case: Id | null }[];
}
/* GET /v1/surge: all that wait and all that are free, arranged together. */
export interface SurgeNearer { unit: Id; call_sign: string; travel_ms: number; to_case: Id | null; swap_costs_ms: number | null }
export interface SurgeGiven {
  unit: Id; call_sign: string; kind: UnitKind; travel_ms: number; basis: Basis; rank: number; reasons: string[];
  nearer: SurgeNearer[];
}
export interface SurgeNeed {
  capability: string; count: number; here: number; given: SurgeGiven[]; missing: number;
  unserved: "no_unit" | "no_way" | "reserve" | "higher_priority" | "none_left" | null;
}
export interface SurgeCase {
  case: Id; class_code: string; priority: number; waiting_ms: number; lat: number; lon: number; needs: SurgeNeed[];
}
export interface Surge {
  at_ms: number; reserve: number; units_free: number; cases: SurgeCase[]; total_ms: number;
  nearest_first_ms: number | null; shown: number; waiting: number;
}
export interface Address {
  name: string; name_en?: string | null; kind: string; detail?: string | null; lat: number; lon: number;
}
export interface Addresses { results: Address[]; reason?: string | null }
export interface Demo {
  city: { name: string; name_en: string };
  pace?: number; /* how many times as fast as life */
  accounts: { role: Role; login: string; password: string; name: string }[];
}

/* Figures of matters (GET /v1/rates). */
export interface RatesAnswer {
  seq: number; now_ms: number; from_ms: number; to_ms: number; procedure: string | null;
  contacts: number; reporters: number; matters: number;
  figures: { rate: string; numerator: number; denominator: number; left_out: Record<string, number> }[];
}

/* What every accepted change answers: its place in the journal, and the record as it is now. */
export type Reply<T extends Table | never = never> = { seq: number | null; replayed: boolean; flagged: boolean } & {
  [K in T]: Rows[K];
};
