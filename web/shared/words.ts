/* The closed vocabularies of the API (src/core/words.h), as the page needs them. */

export const agencyLevels = ["province", "city", "county", "station", "hospital", "partner", "other"] as const;
export const unitKinds = [
  "car", "motorcycle", "foot", "boat", "drone_crew", "fire_engine", "ladder", "ambulance", "mediator",
  "volunteer_team", "other",
] as const;
/* A road closure is a place, too, with a form of its own on the map. */
export const placeKinds = ["station", "post", "grid_cell", "beat", "zone", "facility", "hospital", "other"] as const;
export const areaKinds = ["jurisdiction", "zone", "beat", "grid_cell"] as const;
export const duties = ["off_duty", "on_duty", "out_of_service"] as const;
export const roles = ["call_taker", "dispatcher", "supervisor", "unit", "admin", "gateway", "officer"] as const;
export const channels = [
  "call", "text", "silent_call", "alarm", "app", "web_form", "letter", "visit", "partner",
] as const;
export const contactStates = ["ringing", "waiting", "answered", "abandoned", "ended"] as const;
export const contactResults = [
  "case", "advice", "referred", "nuisance", "misdial", "silent", "test", "not_reached", "called_again",
] as const;
/* Those that an operator gives; that somebody called again, the desk sees by itself. */
export const givenResults = contactResults.filter((each) => each !== "called_again");
export const interpreters = ["none", "needed", "connected", "unavailable"] as const;
export const ringBacks = ["reached", "no_answer", "busy", "invalid_number"] as const;
export const caseStates = [
  "received", "assigned", "acknowledged", "en_route", "on_scene", "transporting", "at_destination",
  "cleared", "closed", "merged",
] as const;
/* A duplicate is merged, never closed as such. */
export const outcomes = [
  "solved", "explained", "refused", "transferred", "withdrawn", "invalid", "agreement", "no_agreement", "deemed",
] as const;
export const assignmentStates = [
  "reserved", "stacked", "assigned", "acknowledged", "en_route", "on_scene", "transporting",
  "at_destination", "cleared", "cancelled",
] as const;
export const assignModes = ["assign", "reserve", "stack", "divert"] as const;
export const clockKinds = ["answer", "dispatch", "acknowledge", "arrive", "report_back", "close", "whole"] as const;

/* Matters: where they stand, who is measured by a promise, how binding it is, why it is another than it was. */
export const incident = "emergency"; /* the procedure whose cases are incidents */
export const matterCategories = ["initial", "working", "waiting", "final"] as const;
export const bodies = ["engine", "citizen", "desk", "unit", "superior", "partner", "mediator"] as const;
export const forces = ["internal", "promised", "statutory"] as const;
export const promiseChanges = [
  "started", "paused", "resumed", "extended", "stopped", "breached", "reprojected", "migrated", "restored",
] as const;
export const linkKinds = ["related", "parent", "split_from", "merged_from", "child", "duplicate_of"] as const;

export const profiles = ["emergency", "ordinary"] as const;
/* Why a unit stands where it stands in a recommendation, and why another does not. */
export const recReasons = [
  "nearest", "position_old", "at_station", "off_road", "on_foot", "other_area", "other_capability_too",
] as const;
export const passedReasons = ["busy", "off_duty", "out_of_service", "no_position", "no_way"] as const;
export const basisReasons = ["no_roads", "case_off_road", "outside_area"] as const;
export const addressKinds = ["street", "crossing", "house", "place"] as const;

export const stintStates = ["planned", "on", "over", "cancelled"] as const;
export const stintWarnings = ["short_rest", "long_shift"] as const;
export type StintState = (typeof stintStates)[number];
export type StintWarning = (typeof stintWarnings)[number];

export type Profile = (typeof profiles)[number];
/* What leaves the house (core/alert.h, outbox/outbox.h). */
export const alertKinds = ["webhook", "mail", "sms", "station"] as const;
export const alertForms = ["text", "json"] as const;
export const alertEvents = [
  "contact_received", "contact_moved", "case_opened", "case_changed", "case_moved", "case_merged", "case_linked", "case_led",
  "assignment_made", "assignment_moved", "clock_rung", "matter_set", "promise_set", "promise_rung", "notice", "entry_added",
  "erased", "unit_duty", "road_closed", "road_changed", "road_opened",
] as const;
export const deliveryStates = [
  "queued", "sending", "delivered", "failed", "gave_up", "switched_off", "not_sent_training", "set_aside",
] as const;
export type AlertKind = (typeof alertKinds)[number];
export type AlertForm = (typeof alertForms)[number];
export type DeliveryState = (typeof deliveryStates)[number];

export type AgencyLevel = (typeof agencyLevels)[number];
export type UnitKind = (typeof unitKinds)[number];
export type Duty = (typeof duties)[number];
export type Role = (typeof roles)[number];
export type Channel = (typeof channels)[number];
export type ContactState = (typeof contactStates)[number];
export type ContactResult = (typeof contactResults)[number];
export type Interpreter = (typeof interpreters)[number];
export type RingBack = (typeof ringBacks)[number];
export type CaseState = (typeof caseStates)[number];
export type Outcome = (typeof outcomes)[number];
export type AssignmentState = (typeof assignmentStates)[number];
export type AssignMode = (typeof assignModes)[number];
export type MatterCategory = (typeof matterCategories)[number];
export type Body = (typeof bodies)[number];
export type Force = (typeof forces)[number];
export type ClockKind = (typeof clockKinds)[number];

/* The order in which a unit normally reports; a step may be skipped, never taken back. */
const steps: readonly AssignmentState[] = [
  "assigned", "acknowledged", "en_route", "on_scene", "transporting", "at_destination",
];

export const isActive = (state: AssignmentState): boolean => steps.includes(state);
export const isAssignmentOpen = (state: AssignmentState): boolean => state !== "cleared" && state !== "cancelled";
export const isCaseOpen = (state: CaseState): boolean => state !== "closed" && state !== "merged";
export const isContactOpen = (state: ContactState): boolean => state !== "ended" && state !== "abandoned";

/* Whether carrying somebody somewhere may well come next: others than ambulances may, too, and seldom do. */
export const transports = (kind: UnitKind, state: AssignmentState): boolean =>
  (kind === "ambulance" && state === "on_scene") || state === "transporting" || state === "at_destination";

/* What an assignment may be moved to from `state`, nearest first; clearing and cancelling stand apart. */
export function nextStates(state: AssignmentState): AssignmentState[] {
  if (state === "reserved" || state === "stacked") return ["assigned"];
  const at = steps.indexOf(state);
  return at < 0 ? [] : steps.slice(at + 1);
}
