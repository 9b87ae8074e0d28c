/* What there is: the router and /openapi.json both read this table.  Routes of one path stand
 * together. */
#include "api/api_private.h"

#define COMMAND(method, path, kind, status, table, summary)                                        \
    { method, path, summary, false, status, kind, bm_handle_command, NULL, table, false, false }
#define SPECIAL(method, path, kind, status, table, handler, request, summary)                      \
    { method, path, summary, false, status, kind, handler, request, table, false, false }
#define QUERY(method, path, table, handler, summary)                                               \
    { method, path, summary, false, 200, -1, handler, NULL, table, false, false }
#define OPEN(method, path, status, handler, request, summary)                                      \
    { method, path, summary, true, status, -1, handler, request, -1, false, false }

/* One route a line, however long. */
/* clang-format off */
const struct bm_endpoint bm_routes[] = {
    OPEN("GET", "/healthz", 200, bm_handle_health, NULL, "The process is alive."),
    OPEN("GET", "/readyz", 200, bm_handle_ready, NULL, "The desk can take work; 503 with the reason otherwise."),
    OPEN("GET", "/metrics", 200, bm_handle_metrics, NULL, "Figures for Prometheus."),
    OPEN("GET", "/openapi.json", 200, bm_handle_openapi, NULL, "This description."),
    OPEN("GET", "/map/info", 200, bm_handle_map_info, NULL, "The base map: its box, zooms and origin, or why there is none."),
    OPEN("GET", "/map/tiles/{z}/{x}/{y}", 200, bm_handle_tile, NULL, "One vector tile of the base map, y from the north; 204 where nothing is."),

    OPEN("POST", "/v1/setup", 201, bm_handle_setup, &bm_setup_shape, "Makes the first administrator, with the one-time token."),
    OPEN("POST", "/v1/sessions", 201, bm_handle_login, &bm_login_shape, "Logs in; sets the cookie and returns a bearer token."),
    QUERY("DELETE", "/v1/sessions/current", -1, bm_handle_logout, "Logs out."),
    QUERY("GET", "/v1/me", -1, bm_handle_me, "Who is logged in."),

    QUERY("GET", "/v1/agencies", BM_T_AGENCY, bm_handle_list, "Agencies."),
    COMMAND("POST", "/v1/agencies", BM_DO_AGENCY_SET, 201, BM_T_AGENCY, "Makes an agency."),
    COMMAND("PUT", "/v1/agencies/{id}", BM_DO_AGENCY_SET, 200, BM_T_AGENCY, "Sets an agency."),
    QUERY("GET", "/v1/places", BM_T_PLACE, bm_handle_list, "Places."),
    COMMAND("POST", "/v1/places", BM_DO_PLACE_SET, 201, BM_T_PLACE, "Makes a place."),
    COMMAND("PUT", "/v1/places/{id}", BM_DO_PLACE_SET, 200, BM_T_PLACE, "Sets a place."),
    QUERY("GET", "/v1/units", BM_T_UNIT, bm_handle_list, "Units."),
    COMMAND("POST", "/v1/units", BM_DO_UNIT_SET, 201, BM_T_UNIT, "Makes a unit."),
    COMMAND("PUT", "/v1/units/{id}", BM_DO_UNIT_SET, 200, BM_T_UNIT, "Sets a unit."),
    COMMAND("PATCH", "/v1/units/{id}", BM_DO_UNIT_DUTY, 200, BM_T_UNIT, "Puts a unit on or off duty."),
    QUERY("GET", "/v1/operators", BM_T_OPERATOR, bm_handle_list, "Operators."),
    COMMAND("POST", "/v1/operators", BM_DO_OPERATOR_SET, 201, BM_T_OPERATOR, "Makes an operator."),
    COMMAND("PUT", "/v1/operators/{id}", BM_DO_OPERATOR_SET, 200, BM_T_OPERATOR, "Sets an operator."),
    {"POST", "/v1/operators/{id}/account", "Sets an operator's log-in; ends their sessions.", false, 200, -1, bm_handle_account, &bm_account_shape, -1, false, false},
    {"POST", "/v1/operators/{id}/link", "A link with which an operator who has no log-in chooses a password, once and within seven days; shown here and never again.", false, 200, -1, bm_handle_link, NULL, -1, false, false},
    OPEN("POST", "/v1/accounts", 201, bm_handle_join, &bm_join_shape, "Chooses a password with such a link, and logs in; the log-in is the operator's number."),
    QUERY("GET", "/v1/classes", BM_T_CLASS, bm_handle_list, "Case classes and their clocks."),
    {"POST", "/v1/classes", "Publishes the list of case classes: {\"classes\":[...]}.", false, 201, -1, bm_handle_publish, NULL, -1, false, false},

    QUERY("GET", "/v1/editions", BM_T_EDITION, bm_handle_list, "Published procedures and calendars; open=1 for those in force."),
    QUERY("GET", "/v1/editions/{id}", -1, bm_handle_edition, "One edition with its content."),
    QUERY("GET", "/v1/editions/{id}/days", -1, bm_handle_edition_days, "The days that additions to a calendar make others than they are without."),
    QUERY("GET", "/v1/builtins", -1, bm_handle_builtins, "Procedures and calendars that come with the program."),
    {"POST", "/v1/procedures", "Publishes a procedure: the body is its file, as application/yaml or text/plain; or builtin=NAME.", false, 201, BM_DO_PUBLISH, bm_handle_procedure, NULL, BM_T_EDITION, true, false},
    {"POST", "/v1/calendars", "Publishes a calendar: the body is its file, as application/yaml or text/plain; or builtin=NAME.  With jurisdiction=ID, additions to one, for that agency and those below it.", false, 201, BM_DO_PUBLISH, bm_handle_calendar, NULL, BM_T_EDITION, true, false},

    QUERY("GET", "/v1/contacts", BM_T_CONTACT, bm_handle_list, "Contacts."),
    SPECIAL("POST", "/v1/contacts", BM_DO_CONTACT_RECEIVE, 201, BM_T_CONTACT, bm_handle_contact_receive, NULL, "Something reached the desk; with `call`, what a telephone exchange says of that call (`event`), as often and in any order."),
    QUERY("GET", "/v1/contacts/{id}", BM_T_CONTACT, bm_handle_contact, "One contact in full; recorded as a look."),
    COMMAND("POST", "/v1/contacts/{id}/answer", BM_DO_CONTACT_ANSWER, 200, BM_T_CONTACT, "An operator answers or takes it."),
    COMMAND("POST", "/v1/contacts/{id}/abandon", BM_DO_CONTACT_ABANDON, 200, BM_T_CONTACT, "The caller hung up before an answer."),
    COMMAND("POST", "/v1/contacts/{id}/end", BM_DO_CONTACT_END, 200, BM_T_CONTACT, "It is over, with a result."),
    COMMAND("POST", "/v1/contacts/{id}/fixes", BM_DO_CONTACT_FIX, 200, BM_T_CONTACT, "A further position of the caller's device."),
    COMMAND("POST", "/v1/contacts/{id}/attach", BM_DO_CONTACT_ATTACH, 200, BM_T_CONTACT, "Attaches it to a case."),
    COMMAND("PATCH", "/v1/contacts/{id}", BM_DO_CONTACT_NOTE, 200, BM_T_CONTACT, "Notes the caller's language, and whether an interpreter is needed or there."),
    COMMAND("POST", "/v1/contacts/{id}/take", BM_DO_CONTACT_TAKE, 200, BM_T_CONTACT, "Takes an answered call over from the operator `from`; of two who take at once one wins, and the other is told who and when."),
    COMMAND("POST", "/v1/contacts/{id}/ring-back", BM_DO_RING_BACK, 200, BM_T_CONTACT, "The caller was rung back, with what came of it; `result` ends the contact."),
    SPECIAL("POST", "/v1/contacts/{id}/erase", BM_DO_ERASE_CONTACT, 200, BM_T_CONTACT, bm_handle_erase, NULL, "Destroys the keys of its personal part."),

    QUERY("GET", "/v1/cases", BM_T_CASE, bm_handle_list, "Cases."),
    COMMAND("POST", "/v1/cases", BM_DO_CASE_OPEN, 201, BM_T_CASE, "Opens a case; with `unit`, on view."),
    QUERY("GET", "/v1/cases/{id}", BM_T_CASE, bm_handle_case, "One case in full; recorded as a look."),
    SPECIAL("PATCH", "/v1/cases/{id}", BM_DO_CASE_CHANGE, 200, BM_T_CASE, bm_handle_case_change, NULL, "Changes fields; needs If-Match."),
    QUERY("GET", "/v1/cases/{id}/timeline", BM_T_CASE, bm_handle_timeline, "Everything that anyone did; recorded as a look."),
    SPECIAL("POST", "/v1/cases/{id}/entries", BM_DO_ENTRY, 201, BM_T_CASE, bm_handle_entry, NULL, "Writes into the narrative."),
    {"POST", "/v1/cases/{id}/events", "An event of the procedure: claim, close, reopen of an incident, and what opens a case out of it (call_agency with agency and part; civil_part, mediate, supervise); of a matter whatever GET /v1/matters/{id} offers.", false, 200, -1, bm_handle_case_event, &bm_event_call_shape, BM_T_CASE, false, false},
    QUERY("GET", "/v1/cases/{id}/recommendation", -1, bm_handle_recommendation, "Who would be there first; kept ten minutes by its id."),
    SPECIAL("POST", "/v1/cases/{id}/assignments", BM_DO_ASSIGN, 201, BM_T_CASE, bm_handle_assign, NULL, "Assigns, reserves, stacks or diverts units; needs If-Match."),
    COMMAND("POST", "/v1/cases/{id}/merge", BM_DO_CASE_MERGE, 200, BM_T_CASE, "Merges it into another; needs If-Match."),
    COMMAND("POST", "/v1/cases/{id}/split", BM_DO_CASE_SPLIT, 201, BM_T_CASE, "Splits contacts or units off into a new case; needs If-Match."),
    COMMAND("POST", "/v1/cases/{id}/link", BM_DO_CASE_LINK, 201, BM_T_CASE, "Links it to another."),
    SPECIAL("POST", "/v1/cases/{id}/erase", BM_DO_ERASE_CASE, 200, BM_T_CASE, bm_handle_erase, NULL, "Destroys the keys of its personal part."),
    QUERY("GET", "/v1/matters", BM_T_MATTER, bm_handle_list, "Where matters stand in their procedures."),
    SPECIAL("POST", "/v1/matters", BM_DO_MATTER_OPEN, 201, BM_T_CASE, bm_handle_matter_open, NULL, "Opens a matter under a procedure."),
    QUERY("GET", "/v1/matters/{id}", -1, bm_handle_matter, "One matter in full: promises, what was filled in, what can be done now; recorded as a look."),
    COMMAND("POST", "/v1/matters/{id}/separate", BM_DO_MATTER_SEPARATE, 200, BM_T_CASE, "Takes a duplicate apart again; needs If-Match."),
    COMMAND("POST", "/v1/matters/{id}/migrate", BM_DO_MATTER_MIGRATE, 200, BM_T_CASE, "Goes on by the current version of its procedure; needs If-Match."),
    QUERY("GET", "/v1/promises", BM_T_PROMISE, bm_handle_list, "Promises of matters, and what became of them."),
    QUERY("GET", "/v1/rates", -1, bm_handle_rates, "Figures with numerator, denominator and what was left out: from_ms=, to_ms=, procedure=."),
    SPECIAL("POST", "/v1/rates", BM_DO_STATE_FIGURES, 201, BM_T_FIGURE, bm_handle_state_rates, NULL, "States these figures for the record, with the seq that they are of."),
    QUERY("GET", "/v1/figures", BM_T_FIGURE, bm_handle_list, "Figures that were stated."),
    QUERY("GET", "/v1/figures/{id}", -1, bm_handle_figure, "Stated figures with their content."),
    QUERY("GET", "/v1/ratings", BM_T_RATING, bm_handle_list, "Bad ratings under a name, without who rated; open=1 for those to be looked into."),
    SPECIAL("POST", "/v1/contacts/{id}/rating-check", BM_DO_RATING_CHECK, 200, BM_T_CONTACT, bm_handle_rating_check, NULL, "What was found about a bad rating."),

    OPEN("GET", "/public/procedures", 200, bm_handle_public_procedures, NULL, "What a citizen may write about here, in three languages."),
    OPEN("POST", "/public/matters", 201, bm_handle_public_open, &bm_public_open_shape, "A citizen writes: {procedure, text, ...}; the answer holds the signed receipt."),
    OPEN("GET", "/public/cases/{receipt}", 200, bm_handle_public_case, NULL, "Where a matter stands, for whoever holds its receipt: waiting for whom, until when, why a date moved."),
    OPEN("POST", "/public/cases/{receipt}/events", 200, bm_handle_public_event, &bm_public_event_shape, "What a citizen may do in their matter."),
    OPEN("POST", "/public/cases/{receipt}/rating", 200, bm_handle_public_rating, &bm_public_rating_shape, "What a citizen thinks of a closed matter; once."),
    OPEN("GET", "/public/cases/{receipt}/receipt", 200, bm_handle_public_receipt, NULL, "The receipt as it is now, signed, and its QR code."),
    OPEN("GET", "/public/key", 200, bm_handle_public_key, NULL, "The key that receipts are signed with."),

    QUERY("GET", "/v1/assignments", BM_T_ASSIGNMENT, bm_handle_list, "Assignments."),
    COMMAND("POST", "/v1/assignments/{id}/status", BM_DO_STATUS, 200, BM_T_ASSIGNMENT, "A unit's next status."),
    COMMAND("POST", "/v1/assignments/{id}/swap", BM_DO_SWAP, 200, BM_T_CASE, "Sends another unit instead; needs If-Match."),

    {"POST", "/v1/positions", "Where units are: JSON, or lines of text; never journaled.", false, 200, -1, bm_handle_positions, NULL, -1, true, false},
    QUERY("GET", "/v1/positions", -1, bm_handle_where, "The newest position of every unit that you may see."),
    QUERY("GET", "/v1/road-closures", -1, bm_handle_road_closures, "Road closures in force."),
    COMMAND("POST", "/v1/road-closures", BM_DO_ROAD_CLOSE, 201, BM_T_PLACE, "Closes roads along a line (in both directions, or only along it) or within a polygon, or slows them; GET /v1/roads/closed says which edges that takes."),
    COMMAND("PATCH", "/v1/road-closures/{id}", BM_DO_ROAD_CHANGE, 200, BM_T_PLACE, "Makes a road closure longer or shorter, slower or closed, or gives another reason; needs If-Match."),
    COMMAND("DELETE", "/v1/road-closures/{id}", BM_DO_ROAD_OPEN, 200, BM_T_PLACE, "Lifts a road closure."),
    QUERY("GET", "/v1/addresses", -1, bm_handle_addresses, "Where a street, crossing (A / B), house or place is: q=TEXT, limit=10, and lat=, lon= for the nearest first."),
    QUERY("GET", "/v1/coordinates", -1, bm_handle_coordinates, "Coordinates of a Chinese map in WGS 84: at=LAT,LON and datum=gcj02 or bd09."),
    QUERY("GET", "/v1/roads/eta", -1, bm_handle_eta, "The quickest way from one point to another, with its turns."),
    QUERY("GET", "/v1/surge", -1, bm_handle_surge, "All cases that wait for units and all free units solved together, with reasons; nothing is sent."),
    QUERY("GET", "/v1/roads/isochrone", -1, bm_handle_isochrone, "What is reached within minutes from a point, or from the nearest of all free units."),
    QUERY("GET", "/v1/roads/cordon", -1, bm_handle_cordon, "The fewest road posts that cut an area off, and who is there first."),
    QUERY("GET", "/v1/roads/closed", -1, bm_handle_closed, "The edges that are closed or slowed now, with the share of the usual speed from their first point to their last and back (0: closed), and how many edges each closure takes."),
    OPEN("GET", "/v1/demo", 200, bm_handle_demo, NULL, "Ready accounts of the demo; 503 while it is being set up; 404 elsewhere."),

    QUERY("GET", "/v1/areas", BM_T_AREA, bm_handle_list, "Areas: jurisdictions, zones, beats, grid cells; their borders are in /v1/exports/areas.geojson."),
    QUERY("GET", "/v1/divisions", -1, bm_handle_divisions, "What a division code is called, with those above it: code=440106; null where the desk was given no name for it."),
    QUERY("GET", "/v1/imports", -1, bm_handle_import_kinds, "What can be imported: kinds, their columns in three languages, limits."),
    QUERY("GET", "/v1/imports/{kind}/template.csv", -1, bm_handle_import_template, "An empty file of that kind: header and one example row; lang=zh-Hans, zh-Hant or en."),
    {"POST", "/v1/imports/{kind}", "Previews a file, row by row: what would be new, changed, the same, or is wrong and how to mend it; changes nothing.  limit=1000 rows of each are listed.", false, 200, -1, bm_handle_import_preview, NULL, -1, false, true},
    {"POST", "/v1/imports/{kind}/apply", "Takes in the file that was previewed, all of it or nothing: digest=HEX of the preview, and the same file.", false, 200, -1, bm_handle_import_apply, NULL, -1, false, true},
    QUERY("GET", "/v1/exports/{kind}.csv", -1, bm_handle_export, "Everything of that kind, as the import takes it."),
    QUERY("GET", "/v1/exports/{kind}.geojson", -1, bm_handle_export, "The same as GeoJSON, for areas."),

    QUERY("GET", "/v1/board", -1, bm_handle_board, "Everything open, and the seq to stream from."),
    QUERY("GET", "/v1/stream", -1, bm_handle_stream, "Changes since `from`, as server-sent events."),
    COMMAND("POST", "/v1/clock/confirm", BM_DO_TIME_CONFIRM, 200, -1, "Confirms the clock after a jump."),
};
/* clang-format on */
const size_t bm_route_count = sizeof bm_routes / sizeof bm_routes[0];
