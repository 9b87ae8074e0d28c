/* Refusals, one line each: a command as its request body, and the code and the field that it is refused with.  Lines are
 * given to one world in their order, so that what is accepted is what later lines are about; a refused one leaves no event. */
#include "testing.h"

#include <string.h>

#include "base/json.h"
#include "small_world.h"

/* The house of sim/demand.h: agency 1 is the city, 2 north, 3 south (both below 1), 4 below 2.  Eight units, of agencies 2, 3, 4 in turn. */
enum { DESK = 0, ADMIN = 1, TAKER = 2, DISPATCHER = 3, SUPERVISOR = 4, NORTH = 5, CREW = 6, GATEWAY = 10, TAKING_CREW = 11, NORTH_ADMIN = 12 };
enum { NARRATIVE_KEY = 11, IDENTITY_KEY = 12 };

struct line {
    enum bm_command_kind kind;
    uint64_t actor, target;
    const char *body;
    enum bm_code code;
    const char *field; /* NULL: none is named */
    bool sealed;       /* with a text sealed under NARRATIVE_KEY */
};

#define PLAIN(kind, actor, target, body, code, field) {kind, actor, target, body, code, field, false}
#define SEALED(kind, actor, target, body, code, field) {kind, actor, target, body, code, field, true}

static const struct line lines[] = {
    /* opening */
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\",\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"none\"}", BM_UNKNOWN_CLASS, "class"),
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\",\"jurisdiction\":\"99\"}", BM_NOT_FOUND, "jurisdiction"),
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\",\"contact\":\"7\"}", BM_NOT_FOUND, "contact"),
    PLAIN(BM_DO_CASE_OPEN, CREW, 0, "{\"class\":\"fire\"}", BM_FORBIDDEN, "unit"),
    PLAIN(BM_DO_CASE_OPEN, 99, 0, "{\"class\":\"fire\"}", BM_UNAUTHENTICATED, NULL),
    PLAIN(BM_DO_CASE_OPEN, GATEWAY, 0, "{\"class\":\"fire\"}", BM_FORBIDDEN, NULL),
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\",\"lat\":39.9,\"lon\":116.4}", BM_OK, NULL), /* case 1 */
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"theft\"}", BM_OK, NULL),                           /* case 2 */
    /* contacts */
    PLAIN(BM_DO_CONTACT_RECEIVE, TAKER, 0, "{\"channel\":\"call\",\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CONTACT_RECEIVE, TAKER, 0, "{\"channel\":\"call\",\"event\":\"answered\"}", BM_MISSING_FIELD, "call"),
    PLAIN(BM_DO_CONTACT_RECEIVE, GATEWAY, 0, "{\"channel\":\"call\",\"call\":\"c1\",\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CONTACT_RECEIVE, TAKER, 0, "{\"channel\":\"app\"}", BM_OK, NULL),                     /* contact 1 */
    PLAIN(BM_DO_CONTACT_FIX, TAKER, 1, "{\"lat\":39.9}", BM_MISSING_FIELD, "lat"),
    PLAIN(BM_DO_CONTACT_ANSWER, TAKER, 1, "{\"occurred_at_ms\":1780000000000}", BM_OUT_OF_RANGE, "occurred_at_ms"),
    PLAIN(BM_DO_CONTACT_ANSWER, TAKER, 1, "{\"occurred_at_ms\":1890000000000}", BM_OUT_OF_RANGE, "occurred_at_ms"),
    PLAIN(BM_DO_CONTACT_LOCATE, TAKER, 1, "{\"step\":\"fix\",\"link\":1}", BM_FORBIDDEN, "step"),
    PLAIN(BM_DO_CONTACT_ATTACH, TAKER, 1, "{\"case\":\"77\"}", BM_NOT_FOUND, "case"),
    PLAIN(BM_DO_ERASE_CONTACT, SUPERVISOR, 1, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "contact"),
    PLAIN(BM_DO_CONTACT_ARCHIVE, DESK, 1, "{}", BM_NOT_POSSIBLE, "contact"),
    PLAIN(BM_DO_CONTACT_END, TAKER, 1, "{\"result\":\"advice\"}", BM_OK, NULL),
    PLAIN(BM_DO_ERASE_CONTACT, SUPERVISOR, 1, "{\"basis\":\"law\"}", BM_OK, NULL),
    PLAIN(BM_DO_ERASE_CONTACT, SUPERVISOR, 1, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "contact"),
    /* changing */
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"lat\":39.8}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"lat\":39.8,\"lon\":null}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"jurisdiction\":\"99\"}", BM_NOT_FOUND, "jurisdiction"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"owner\":\"99\"}", BM_NOT_FOUND, "owner"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"class\":\"none\"}", BM_UNKNOWN_CLASS, "class"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"priority\":null}", BM_OUT_OF_RANGE, "priority"),
    PLAIN(BM_DO_CONTACT_LOCATE, TAKER, 1, "{\"step\":\"ask\"}", BM_NOT_POSSIBLE, "contact"),
    PLAIN(BM_DO_CASE_CHANGE, TAKER, 1, "{\"address_verified\":true}", BM_OK, NULL),
    PLAIN(BM_DO_CASE_LINK, TAKER, 1, "{\"other\":\"2\",\"kind\":\"merged_from\"}", BM_UNKNOWN_WORD, "kind"),
    PLAIN(BM_DO_CASE_LINK, TAKER, 1, "{\"other\":\"1\",\"kind\":\"parent\"}", BM_CONFLICT, "other"),
    PLAIN(BM_DO_CASE_SPLIT, TAKER, 1, "{}", BM_MISSING_FIELD, "contacts"),
    PLAIN(BM_DO_CASE_SPLIT, TAKER, 1, "{\"assignments\":[\"1\",\"1\"]}", BM_NOT_FOUND, "assignments"),
    PLAIN(BM_DO_CASE_ARCHIVE, DESK, 1, "{}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_ENTRY, TAKER, 1, "{}", BM_MISSING_FIELD, "text"),
    SEALED(BM_DO_ENTRY, TAKER, 1, "{\"assignment\":\"5\"}", BM_NOT_FOUND, "assignment"),
    PLAIN(BM_DO_ERASE_CASE, SUPERVISOR, 1, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_CLOCK_DUE, DESK, 1, "{}", BM_NOT_POSSIBLE, "clock"),    /* not yet */
    PLAIN(BM_DO_CLOCK_DUE, DESK, 9999, "{}", BM_NOT_POSSIBLE, "clock"), /* there is none */
    /* units */
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[]}", BM_MISSING_FIELD, "units"),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[\"99\"]}", BM_NOT_FOUND, "units"),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[\"2\",\"2\"]}", BM_CONFLICT, "units"),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[\"2\"],\"recommendation\":\"9\"}", BM_NOT_POSSIBLE, "recommendation"),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[\"2\"]}", BM_OK, NULL), /* assignment 1 */
    PLAIN(BM_DO_STATUS, CREW, 1, "{\"from\":\"assigned\",\"to\":\"acknowledged\"}", BM_NOT_FOUND, "assignment"),
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 0, "{\"number\":\"7\",\"roles\":[\"unit\",\"call_taker\"],\"jurisdiction\":\"1\",\"unit\":\"1\"}", BM_OK, NULL),
    PLAIN(BM_DO_STATUS, TAKING_CREW, 1, "{\"from\":\"assigned\",\"to\":\"acknowledged\"}", BM_FORBIDDEN, "assignment"),
    PLAIN(BM_DO_STINT_BEGIN, TAKING_CREW, 0, "{\"operators\":[\"6\"],\"unit\":\"1\"}", BM_FORBIDDEN, "operators"),
    PLAIN(BM_DO_STATUS, DISPATCHER, 1, "{\"from\":\"assigned\",\"to\":\"acknowledged\",\"destination\":\"99\"}", BM_NOT_FOUND, "destination"),
    PLAIN(BM_DO_SWAP, DISPATCHER, 1, "{\"unit\":\"99\"}", BM_NOT_FOUND, "unit"),
    PLAIN(BM_DO_UNIT_DUTY, DISPATCHER, 2, "{\"duty\":\"off_duty\"}", BM_CONFLICT, "duty"),
    PLAIN(BM_DO_UNIT_SET, ADMIN, 2, "{\"call_sign\":\"A0002\",\"kind\":\"car\",\"jurisdiction\":\"3\",\"inactive\":true}", BM_CONFLICT, "inactive"),
    PLAIN(BM_DO_UNIT_SET, ADMIN, 0, "{\"call_sign\":\"A0002\",\"kind\":\"car\",\"jurisdiction\":\"3\"}", BM_EXISTS, "call_sign"),
    PLAIN(BM_DO_UNIT_SET, ADMIN, 0, "{\"call_sign\":\"N\",\"kind\":\"car\",\"jurisdiction\":\"3\",\"capabilities\":\"A!\"}", BM_OUT_OF_RANGE, "capabilities"),
    PLAIN(BM_DO_UNIT_SET, ADMIN, 0, "{\"call_sign\":\"N\",\"kind\":\"car\",\"jurisdiction\":\"3\",\"station\":\"9\"}", BM_NOT_FOUND, "station"),
    PLAIN(BM_DO_CASE_CLOSE, TAKER, 1, "{\"outcome\":\"solved\"}", BM_CONFLICT, "outcome"),
    PLAIN(BM_DO_CASE_CLOSE, TAKER, 2, "{\"outcome\":\"invalid\"}", BM_OK, NULL),
    PLAIN(BM_DO_CASE_CLOSE, TAKER, 2, "{\"outcome\":\"invalid\"}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_ERASE_CASE, SUPERVISOR, 2, "{\"basis\":\"law\"}", BM_OK, NULL),
    PLAIN(BM_DO_ERASE_CASE, SUPERVISOR, 2, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "case"),
    SEALED(BM_DO_ENTRY, TAKER, 2, "{}", BM_NOT_POSSIBLE, NULL),
    PLAIN(BM_DO_CASE_REOPEN, TAKER, 1, "{}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_CASE_ARCHIVE, DESK, 2, "{}", BM_OK, NULL),
    PLAIN(BM_DO_ERASE_CASE, SUPERVISOR, 2, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_CASE_CLAIM, TAKER, 2, "{}", BM_NOT_POSSIBLE, "case"),
    /* the house */
    PLAIN(BM_DO_AGENCY_SET, ADMIN, 0, "{\"code\":\"x\",\"name\":\"x\",\"level\":\"station\"}", BM_MISSING_FIELD, "parent"),
    PLAIN(BM_DO_AGENCY_SET, ADMIN, 0, "{\"code\":\"x\",\"name\":\"x\",\"level\":\"station\",\"parent\":\"1\",\"division\":\"12\"}", BM_OUT_OF_RANGE, "division"),
    PLAIN(BM_DO_AGENCY_SET, ADMIN, 2, "{\"code\":\"north\",\"name\":\"x\",\"level\":\"station\",\"parent\":\"4\"}", BM_CONFLICT, "parent"),
    PLAIN(BM_DO_PLACE_SET, ADMIN, 0, "{\"name\":\"x\",\"kind\":\"post\",\"jurisdiction\":\"1\",\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_PLACE_SET, ADMIN, 0, "{\"name\":\"x\",\"kind\":\"road_closure\",\"jurisdiction\":\"1\"}", BM_NOT_POSSIBLE, "kind"),
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 0, "{\"number\":\"n\",\"roles\":[\"unit\"],\"jurisdiction\":\"1\"}", BM_MISSING_FIELD, "unit"),
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 0, "{\"number\":\"1001\",\"jurisdiction\":\"1\"}", BM_EXISTS, "number"),
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 1, "{\"number\":\"admin\",\"jurisdiction\":\"1\"}", BM_CONFLICT, "roles"),
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 0, "{\"number\":\"n\",\"jurisdiction\":\"1\",\"posts\":\"a:b:c\"}", BM_BAD_REQUEST, "posts"),
    PLAIN(BM_DO_BAND_SET, ADMIN, 0, "{\"name\":\"b\",\"measure\":\"answer\",\"most_ms\":1,\"source\":\"s\",\"certainty\":\"local\"}", BM_OUT_OF_RANGE, "most_ms"),
    PLAIN(BM_DO_BAND_SET, ADMIN, 0, "{\"name\":\"b\",\"measure\":\"answer\",\"most_ms\":10000,\"class\":\"fire\",\"source\":\"s\",\"certainty\":\"local\"}", BM_NOT_POSSIBLE, "class"),
    PLAIN(BM_DO_BAND_SET, ADMIN, 0, "{\"name\":\"b\",\"measure\":\"answer\",\"most_ms\":10000,\"priority\":1,\"source\":\"s\",\"certainty\":\"local\"}", BM_NOT_POSSIBLE, "priority"),
    PLAIN(BM_DO_STATE_FIGURES, SUPERVISOR, 0, "{\"note\":\"n\"}", BM_MISSING_FIELD, "content"),
    PLAIN(BM_DO_CASE_PAPER, TAKER, 0, "{\"sheet\":\"P\",\"class\":\"fire\",\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_CASE_PAPER, TAKER, 0, "{\"sheet\":\"P\",\"class\":\"fire\",\"received_at_ms\":1789999000000}", BM_MISSING_FIELD, "contact_keys"),
    PLAIN(BM_DO_TIMER_RETRY, ADMIN, 1, "{\"what\":\"case_open\"}", BM_OUT_OF_RANGE, "what"),
    PLAIN(BM_DO_TIMER_RETRY, ADMIN, 1, "{\"what\":\"clock_due\"}", BM_NOT_POSSIBLE, "id"),
    PLAIN(BM_DO_TIMER_RETRY, SUPERVISOR, 1, "{\"what\":\"clock_due\"}", BM_FORBIDDEN, NULL),
    /* devices and people out there */
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"owntracks\",\"identity\":\"a\",\"unit\":\"1\"}", BM_OUT_OF_RANGE, "identity"),
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"owntracks\",\"identity\":\"a/b/c\",\"unit\":\"1\"}", BM_OUT_OF_RANGE, "identity"),
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"osmand\",\"identity\":\"a b\",\"unit\":\"1\"}", BM_OUT_OF_RANGE, "identity"),
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"jt808\",\"identity\":\"013\",\"unit\":\"1\"}", BM_OUT_OF_RANGE, "identity"),
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"jt808\",\"identity\":\"13\",\"unit\":\"1\"}", BM_OK, NULL), /* device 1 */
    PLAIN(BM_DO_DEVICE_SET, ADMIN, 0, "{\"protocol\":\"jt808\",\"identity\":\"13\",\"unit\":\"2\"}", BM_EXISTS, "identity"),
    PLAIN(BM_DO_CHECK_IN_SET, DISPATCHER, 1, "{}", BM_MISSING_FIELD, "every_s"),
    PLAIN(BM_DO_DURESS, DISPATCHER, 0, "{}", BM_MISSING_FIELD, "unit"),
    PLAIN(BM_DO_DURESS, CREW, 0, "{\"lat\":39.9}", BM_MISSING_FIELD, "lon"),
    PLAIN(BM_DO_DURESS, DESK, 9, "{}", BM_NOT_FOUND, "device"),
    PLAIN(BM_DO_DURESS, DESK, 1, "{}", BM_OK, NULL), /* the device's; duress 1 */
    PLAIN(BM_DO_DURESS_ACKNOWLEDGE, TAKER, 1, "{}", BM_MISSING_FIELD, "note"),
    PLAIN(BM_DO_DURESS_ACKNOWLEDGE, TAKER, 9, "{}", BM_NOT_FOUND, "id"),
    PLAIN(BM_DO_LOOK, TAKER, 1, "{\"scope\":\"duress\"}", BM_OK, NULL),
    PLAIN(BM_DO_LOOK, TAKER, 1, "{\"scope\":\"contact\"}", BM_OK, NULL),
    PLAIN(BM_DO_LOOK, TAKER, 9, "{\"scope\":\"contact\"}", BM_NOT_FOUND, "contact"),
    /* shifts */
    PLAIN(BM_DO_DUTY_RULE_SET, ADMIN, 1, "{\"least_rest_ms\":0}", BM_OUT_OF_RANGE, "least_rest_ms"),
    PLAIN(BM_DO_DUTY_RULE_SET, ADMIN, 1, "{\"longest_ms\":604800001}", BM_OUT_OF_RANGE, "longest_ms"),
    PLAIN(BM_DO_STINT_PLAN, SUPERVISOR, 0, "{\"operators\":[\"6\"],\"shift\":\"s\"}", BM_MISSING_FIELD, "unit"),
    PLAIN(BM_DO_STINT_PLAN, SUPERVISOR, 0, "{\"operators\":[\"6\"],\"shift\":\"s\",\"unit\":\"1\"}", BM_MISSING_FIELD, "ends_at_ms"),
    PLAIN(BM_DO_STINT_PLAN, SUPERVISOR, 0, "{\"operators\":[\"6\"],\"shift\":\"s\",\"unit\":\"1\",\"ends_at_ms\":1790000600000}", BM_MISSING_FIELD, "starts_at_ms"),
    PLAIN(BM_DO_STINT_PLAN, SUPERVISOR, 0, "{\"operators\":[\"6\"],\"shift\":\"s\",\"unit\":\"1\",\"starts_at_ms\":1830000000000,\"ends_at_ms\":1830000600000}", BM_OUT_OF_RANGE, "starts_at_ms"),
    PLAIN(BM_DO_STINT_PLAN, SUPERVISOR, 0, "{\"operators\":[\"6\"],\"shift\":\"s\",\"unit\":\"1\",\"starts_at_ms\":1780000000000,\"ends_at_ms\":1780000600000}", BM_OUT_OF_RANGE, "ends_at_ms"),
    PLAIN(BM_DO_STINT_BEGIN, DISPATCHER, 0, "{\"operators\":[],\"unit\":\"1\"}", BM_MISSING_FIELD, "operators"),
    PLAIN(BM_DO_STINT_BEGIN, DISPATCHER, 0, "{\"operators\":[\"6\"],\"unit\":\"1\"}", BM_OK, NULL), /* stint 1 */
    PLAIN(BM_DO_STINT_BEGIN, DISPATCHER, 0, "{\"operators\":[\"6\"],\"unit\":\"1\"}", BM_CONFLICT, "operators"),
    PLAIN(BM_DO_STINT_CANCEL, SUPERVISOR, 1, "{}", BM_NOT_POSSIBLE, "stint"),
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 0, "{\"code\":\"1\",\"name\":\"chair\",\"jurisdiction\":\"1\",\"rollover_ms\":2000}", BM_MISSING_FIELD, "next"),
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 0, "{\"code\":\"1\",\"name\":\"chair\",\"jurisdiction\":\"1\",\"next\":\"1\"}", BM_MISSING_FIELD, "rollover_ms"),
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 0, "{\"code\":\"1\",\"name\":\"chair\",\"jurisdiction\":\"1\"}", BM_OK, NULL), /* position 1 */
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 0, "{\"code\":\"1\",\"name\":\"other\",\"jurisdiction\":\"1\"}", BM_EXISTS, "code"),
    PLAIN(BM_DO_DESK_POSITION_LOG_ON, TAKER, 1, "{}", BM_OK, NULL),
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 1, "{\"code\":\"1\",\"name\":\"chair\",\"jurisdiction\":\"1\",\"inactive\":true}", BM_CONFLICT, "inactive"),
    PLAIN(BM_DO_STINT_END, DISPATCHER, 2, "{}", BM_NOT_POSSIBLE, "stint"), /* it ends with logging off */
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"2\",\"cases\":[\"1\",\"1\"]}", BM_CONFLICT, "cases"),
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"4\",\"cases\":[\"1\"]}", BM_CONFLICT, "cases"),
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"4\"}", BM_NOT_POSSIBLE, "from"),
    PLAIN(BM_DO_CONTACT_RECEIVE, TAKER, 0, "{\"channel\":\"call\",\"answered\":true}", BM_OK, NULL), /* contact 2, TAKER's */
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"2\",\"contacts\":[\"9\"]}", BM_NOT_FOUND, "contacts"),
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"2\",\"contacts\":[\"2\",\"2\"]}", BM_CONFLICT, "contacts"),
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"4\",\"contacts\":[\"2\"]}", BM_CONFLICT, "contacts"),
    PLAIN(BM_DO_TAKE_OVER, DISPATCHER, 0, "{\"from\":\"2\",\"contacts\":[\"2\"]}", BM_OK, NULL),
    PLAIN(BM_DO_HANDOVER_LEAVE, TAKER, 0, "{}", BM_MISSING_FIELD, "text"),
    SEALED(BM_DO_HANDOVER_LEAVE, NORTH, 0, "{\"jurisdiction\":\"3\"}", BM_FORBIDDEN, "jurisdiction"),
    SEALED(BM_DO_HANDOVER_LEAVE, TAKER, 0, "{\"jurisdiction\":\"99\"}", BM_NOT_FOUND, "jurisdiction"),
    /* what seldom comes together: a unit that waits for two cases which become one, one sent instead of another, notes that go
     * with their case */
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\"}", BM_OK, NULL), /* case 3 */
    PLAIN(BM_DO_CASE_OPEN, TAKER, 0, "{\"class\":\"fire\"}", BM_OK, NULL), /* case 4 */
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 3, "{\"units\":[\"5\"],\"mode\":\"stack\"}", BM_OK, NULL),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 4, "{\"units\":[\"5\",\"6\"],\"mode\":\"stack\"}", BM_OK, NULL),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 3, "{\"units\":[\"6\"]}", BM_OK, NULL),
    PLAIN(BM_DO_CASE_MERGE, TAKER, 3, "{\"into\":\"3\"}", BM_CONFLICT, "into"),
    PLAIN(BM_DO_CASE_MERGE, TAKER, 3, "{\"into\":\"4\"}", BM_OK, NULL), /* unit 5 waits once, unit 6 goes on */
    PLAIN(BM_DO_CASE_CLAIM, TAKER, 3, "{}", BM_NOT_POSSIBLE, "case"),
    PLAIN(BM_DO_ASSIGN, DISPATCHER, 1, "{\"units\":[\"4\"],\"mode\":\"reserve\"}", BM_OK, NULL),
    PLAIN(BM_DO_SWAP, DISPATCHER, 1, "{\"unit\":\"4\"}", BM_OK, NULL), /* of unit 2, for the one that waits here */
    PLAIN(BM_DO_CONTACT_ATTACH, TAKER, 2, "{\"case\":\"1\"}", BM_OK, NULL),
    PLAIN(BM_DO_CASE_SPLIT, TAKER, 1, "{\"contacts\":[\"2\",\"2\"]}", BM_NOT_FOUND, "contacts"),
    PLAIN(BM_DO_CASE_SPLIT, TAKER, 1, "{\"contacts\":[\"2\"],\"class\":\"none\"}", BM_UNKNOWN_CLASS, "class"),
    PLAIN(BM_DO_CASE_SPLIT, TAKER, 1, "{\"contacts\":[\"2\"],\"class\":\"theft\",\"lat\":39.7,\"lon\":116.2}", BM_OK, NULL), /* case 5 */
    PLAIN(BM_DO_DURESS_CASE, TAKER, 1, "{\"class\":\"none\"}", BM_UNKNOWN_CLASS, "class"),
    PLAIN(BM_DO_DURESS_CASE, TAKER, 1, "{}", BM_OK, NULL), /* case 6, of the highest priority */
    PLAIN(BM_DO_DURESS_CASE, TAKER, 1, "{}", BM_CONFLICT, NULL),
    SEALED(BM_DO_DURESS_ACKNOWLEDGE, TAKER, 1, "{}", BM_OK, NULL),
    PLAIN(BM_DO_CASE_CLOSE, TAKER, 6, "{\"outcome\":\"invalid\"}", BM_OK, NULL),
    PLAIN(BM_DO_ERASE_CASE, SUPERVISOR, 6, "{\"basis\":\"law\"}", BM_OK, NULL), /* and the note of the call for help */
    PLAIN(BM_DO_ERASE_DURESS, SUPERVISOR, 1, "{\"basis\":\"law\"}", BM_NOT_POSSIBLE, "id"),
    /* an administrator of north only, a crew that takes calls, a level in force */
    PLAIN(BM_DO_OPERATOR_SET, ADMIN, 0, "{\"number\":\"na\",\"roles\":[\"admin\"],\"jurisdiction\":\"2\"}", BM_OK, NULL),
    PLAIN(BM_DO_UNIT_SET, NORTH_ADMIN, 0, "{\"call_sign\":\"N\",\"kind\":\"car\",\"jurisdiction\":\"3\"}", BM_FORBIDDEN, "jurisdiction"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, NORTH_ADMIN, 0, "{\"name\":\"c\",\"kind\":\"webhook\",\"url\":\"https://a.example/x\",\"jurisdiction\":\"3\"}", BM_FORBIDDEN, "jurisdiction"),
    PLAIN(BM_DO_STINT_END, TAKING_CREW, 1, "{}", BM_FORBIDDEN, "stint"),
    PLAIN(BM_DO_DESK_POSITION_SET, ADMIN, 0, "{\"code\":\"2\",\"name\":\"chair\",\"jurisdiction\":\"1\"}", BM_OK, NULL), /* position 2 */
    PLAIN(BM_DO_DESK_POSITION_LOG_ON, TAKING_CREW, 2, "{}", BM_OK, NULL),
    PLAIN(BM_DO_STINT_BEGIN, DISPATCHER, 0, "{\"operators\":[\"11\"],\"unit\":\"1\"}", BM_CONFLICT, "operators"),
    PLAIN(BM_DO_CONTACT_RECEIVE, TAKER, 0, "{\"channel\":\"call\",\"language\":\"yue\",\"interpreter\":\"needed\"}", BM_OK, NULL),
    PLAIN(BM_DO_BAND_SET, ADMIN, 0, "{\"name\":\"b\",\"measure\":\"answer\",\"most_ms\":10000,\"percent\":90,\"source\":\"s\",\"certainty\":\"local\"}", BM_OK, NULL), /* band 1 */
    PLAIN(BM_DO_BAND_SET, ADMIN, 1, "{\"name\":\"b\",\"measure\":\"answer\",\"most_ms\":15000,\"percent\":90,\"source\":\"s\",\"certainty\":\"local\"}", BM_OK, NULL),
    PLAIN(BM_DO_DUTY_LEVEL_SET, ADMIN, 0, "{\"code\":\"l\",\"name\":\"level\",\"rank\":1,\"jurisdiction\":\"1\",\"units\":[\"7\"]}", BM_OK, NULL), /* level 1 */
    PLAIN(BM_DO_DUTY_LEVEL_RAISE, SUPERVISOR, 1, "{\"until_at_ms\":1790009000000,\"reason\":\"r\"}", BM_OK, NULL),
    PLAIN(BM_DO_DUTY_LEVEL_SET, ADMIN, 1, "{\"code\":\"l\",\"name\":\"level\",\"rank\":2,\"jurisdiction\":\"1\",\"units\":[\"7\"]}", BM_CONFLICT, "id"),
    /* what leaves the house */
#define CHANNEL(more) "{\"name\":\"c\",\"jurisdiction\":\"1\"," more "}"
#define HOOK "\"kind\":\"webhook\",\"url\":\"https://a.example/x\""
#define SMS "\"kind\":\"sms\",\"url\":\"https://a.example/x\",\"events\":\"case_opened\",\"recipients\":\"110\""
#define MAIL "\"kind\":\"mail\",\"url\":\"smtps://a.example:465\",\"events\":\"case_opened\""
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, "{\"name\":\"c\",\"jurisdiction\":\"99\"," HOOK "}", BM_NOT_FOUND, "jurisdiction"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"station\":\"9\""), BM_NOT_FOUND, "station"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"webhook\",\"url\":\"ftp://a\""), BM_OUT_OF_RANGE, "url"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"webhook\",\"url\":\"https://[::1/\""), BM_OUT_OF_RANGE, "url"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"webhook\",\"url\":\"https://[x]/\""), BM_OUT_OF_RANGE, "url"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"webhook\",\"url\":\"https://[::1]:99999/\""), BM_OUT_OF_RANGE, "url"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"webhook\",\"url\":\"https://[::1]:4433/\",\"events\":\"case_opened\""), BM_OUT_OF_RANGE, "allowed_host"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"allowed_host\":\"b.example\""), BM_OUT_OF_RANGE, "allowed_host"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK), BM_MISSING_FIELD, "events"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"events\":\"no_such\""), BM_UNKNOWN_WORD, "events"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"citizens\":true"), BM_OUT_OF_RANGE, "citizens"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"events\":\"case_opened\",\"keep_trying_ms\":1"), BM_OUT_OF_RANGE, "keep_trying_ms"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"events\":\"case_opened\",\"headers\":\"no colon\""), BM_OUT_OF_RANGE, "headers"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"events\":\"case_opened\",\"content_type\":\"t\\u00e9xt\""), BM_OUT_OF_RANGE, "content_type"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(SMS), BM_MISSING_FIELD, "body"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(SMS ",\"status_url\":\"https://b.example/{id}\""), BM_OUT_OF_RANGE, "status_url"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL("\"kind\":\"sms\",\"url\":\"https://a.example/x\",\"events\":\"case_opened\",\"recipients\":\"none\""), BM_OUT_OF_RANGE, "recipients"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(MAIL ",\"recipients\":\"none\""), BM_OUT_OF_RANGE, "recipients"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(MAIL), BM_MISSING_FIELD, "recipients"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(MAIL ",\"recipients\":\"a@b.example\""), BM_MISSING_FIELD, "sender"),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(SMS ",\"body\":\"{text}\",\"status_url\":\"https://a.example/{id}\""), BM_OK, NULL),
    PLAIN(BM_DO_ALERT_CHANNEL_SET, ADMIN, 0, CHANNEL(HOOK ",\"events\":\"case_opened\",\"headers\":\"X-A: b\\nX-C: d\",\"content_type\":\"text/plain\""), BM_OK, NULL),
};

/* Whose version the asker has read. */
static uint32_t version_of(const struct bm_core *core, enum bm_command_kind kind, uint64_t target) {
    enum bm_table_kind table = kind == BM_DO_UNIT_SET            ? BM_T_UNIT
                               : kind == BM_DO_AGENCY_SET        ? BM_T_AGENCY
                               : kind == BM_DO_OPERATOR_SET      ? BM_T_OPERATOR
                               : kind == BM_DO_DESK_POSITION_SET ? BM_T_DESK_POSITION
                               : kind == BM_DO_BAND_SET          ? BM_T_BAND
                               : kind == BM_DO_DUTY_LEVEL_SET || kind == BM_DO_DUTY_LEVEL_RAISE ? BM_T_DUTY_LEVEL
                                                                 : BM_T_CASE;
    const void *record = bm_core_get(core, table, kind == BM_DO_SWAP ? 1 : target);
    return record ? *(const uint32_t *)bm_field_of(bm_shape_find(bm_table_shape(table), "version"), record) : 0;
}

static void each_line_is_answered_as_it_says(void **state) {
    (void)state;
    struct world world = world_make();
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct line *line = &lines[i];
        struct bm_command command = ask(line->kind, line->actor, line->target);
        struct bm_fault fault = {0};
        json_t *body;
        assert_int_equal(bm_json_parse(line->body, strlen(line->body), &body, &fault), BM_OK);
        enum bm_code code = bm_shape_read_json(bm_command_shape(line->kind), body, bm_command_args(&command), &command.present, &fault);
        json_decref(body);
        if (code) {
            print_error("line %zu cannot be read: %s: %s\n", i, line->body, fault.detail);
            wrong++;
            continue;
        }
        command.has_if_match = true;
        command.if_match = version_of(world.core, line->kind, line->target);
        command.sealed[BM_DATA_NARRATIVE].key_id = NARRATIVE_KEY;
        command.sealed[BM_DATA_IDENTITY].key_id = IDENTITY_KEY;
        if (line->sealed) command.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy((const uint8_t[40]){1}, 40);
        world.now_ms += 1000;
        code = give(&world, &command);
        const struct bm_fault *said = &world.decision.fault;
        bool same = code == line->code && (!code || strcmp(said->field, line->field ? line->field : "") == 0);
        if (!same)
            print_error("line %zu, %s %llu %s: %s in \"%s\" (%s), and not %s\n", i, bm_command_word(line->kind),
                        (unsigned long long)line->target, line->body, bm_code_word(code), said->field, said->detail, bm_code_word(line->code));
        wrong += !same;
        if (code && (!said->detail[0] || world.decision.event_count)) fail_msg("%s: refused without a sentence, or with an event", line->body);
    }
    world_free(&world);
    if (wrong) fail_msg("%zu lines are answered otherwise", wrong);
}

#define CLASS(members) "{\"classes\":[" members "]}"
#define FIRE "\"code\":\"f\",\"name_en\":\"F\",\"name_hans\":\"F\",\"name_hant\":\"F\""
#define TIMES "\"dispatch_ms\":60000,\"acknowledge_ms\":60000,\"arrive_ms\":60000,\"report_back_ms\":60000"
#define WHOLE FIRE "," TIMES ",\"priority\":1,\"close_ms\":60000"

static void classes_are_refused_as_they_say(void **state) {
    (void)state;
    static const struct {
        const char *content;
        enum bm_code code;
        const char *field;
    } files[] = {
        {"{\"classes\":[]}", BM_OUT_OF_RANGE, "classes"},
        {"{\"classes\":[],\"more\":1}", BM_UNKNOWN_FIELD, "more"},
        {CLASS("{" FIRE "," TIMES ",\"priority\":1,\"close_ms\":1}"), BM_OUT_OF_RANGE, "close_ms"},
        {CLASS("{" FIRE "," TIMES ",\"priority\":0,\"close_ms\":60000}"), BM_OUT_OF_RANGE, "priority"},
        {CLASS("{\"code\":\"\",\"name_en\":\"F\",\"name_hans\":\"F\",\"name_hant\":\"F\"," TIMES ",\"priority\":1,\"close_ms\":60000}"), BM_MISSING_FIELD, "code"},
        {CLASS("{" WHOLE "},{" WHOLE "}"), BM_EXISTS, "code"},
        {CLASS("{" WHOLE ",\"plan\":\"Engine:1\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine:0\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine:1,\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine:1 engine:2\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine:1;\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"a:1;a:1;a:1;a:1;a:1;a:1\"}"), BM_OUT_OF_RANGE, "plan"},
        {CLASS("{" WHOLE ",\"plan\":\"engine:1 boat:2; engine:2\"}"), BM_OK, ""},
    };
    struct world world = world_make();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct bm_command command = ask(BM_DO_PUBLISH, ADMIN, 0);
        TEXT(command.publish.what, "classes");
        command.publish.content = bm_bytes_copy(files[i].content, strlen(files[i].content));
        enum bm_code code = give(&world, &command);
        const struct bm_fault *said = &world.decision.fault;
        if (code != files[i].code || (code && strcmp(said->field, files[i].field) != 0))
            fail_msg("%s: %s in \"%s\" (%s)", files[i].content, bm_code_word(code), said->field, said->detail);
    }
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_line_is_answered_as_it_says), cmocka_unit_test(classes_are_refused_as_they_say)};
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
