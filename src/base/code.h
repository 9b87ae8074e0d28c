/* Result codes: one list for the whole program.
 *
 * Every function that can refuse or fail returns `enum bm_code`; BM_OK is 0.  The list also carries
 * the HTTP status and the stable machine word that clients see in `application/problem+json` as
 * `code` (RFC 9457).  Refusals (4xx) are answers, not faults: they are never logged as errors. */
#ifndef BM_BASE_CODE_H
#define BM_BASE_CODE_H

/*   symbol                HTTP  word on the wire         default sentence */
#define BM_CODES(X)                                                                                \
    X(BM_OK,               200, "ok",                    "Done.")                                  \
    X(BM_BAD_JSON,         400, "bad-json",              "The body is not valid JSON.")            \
    X(BM_BAD_REQUEST,      400, "bad-request",           "The request is not well formed.")        \
    X(BM_UNKNOWN_FIELD,    400, "unknown-field",         "This field is not known here.")          \
    X(BM_BAD_FILE,         422, "bad-file",              "The file does not pass its checks.")     \
    X(BM_MISSING_FIELD,    400, "missing-field",         "This field is required.")                \
    X(BM_WRONG_TYPE,       400, "wrong-type",            "This field has the wrong type.")         \
    X(BM_OUT_OF_RANGE,     400, "out-of-range",          "This value is out of range.")            \
    X(BM_UNKNOWN_WORD,     400, "unknown-word",          "This word is not one of those allowed.") \
    X(BM_TOO_LONG,         400, "too-long",              "This value is too long.")                \
    X(BM_UNAUTHENTICATED,  401, "unauthenticated",       "Log in first.")                          \
    X(BM_FORBIDDEN,        403, "forbidden",             "Your role may not do this.")             \
    X(BM_NOT_FOUND,        404, "not-found",             "There is no such thing.")                \
    X(BM_NO_METHOD,        405, "method-not-allowed",    "This path does not take this method.")   \
    X(BM_TIMED_OUT,        408, "request-timeout",       "The request took too long to arrive.")   \
    X(BM_CONFLICT,         409, "conflict",              "The present state does not allow this.") \
    X(BM_UNIT_TAKEN,       409, "unit-taken",            "The unit is already committed.")         \
    X(BM_STALE_STATUS,     409, "stale-status",          "The status has changed meanwhile.")      \
    X(BM_NOT_POSSIBLE,     409, "not-possible",          "This step is not possible now.")         \
    X(BM_STALE_VERSION,    412, "stale-version",         "It was changed since you read it.")      \
    X(BM_TOO_LARGE,        413, "body-too-large",        "The body is too large.")                 \
    X(BM_BAD_MEDIA,        415, "bad-media-type",        "Send application/json.")                 \
    X(BM_KEY_REUSED,       422, "key-reused",            "This Idempotency-Key was used with another request.") \
    X(BM_UNKNOWN_CLASS,    422, "unknown-class",         "No such case class is published.")       \
    X(BM_QUARANTINED,      422, "quarantined",           "This command stopped the desk twice and is refused.") \
    X(BM_VERSION_REQUIRED, 428, "version-required",      "Send If-Match with the version you read.") \
    X(BM_TOO_MANY,         429, "too-many-requests",     "Too many requests; try again shortly.")  \
    X(BM_HEADERS_TOO_LARGE,431, "headers-too-large",     "The request head is too large.")         \
    X(BM_INTERNAL,         500, "internal",              "The desk made a mistake; it is logged.") \
    X(BM_NOT_READY,        503, "not-ready",             "The desk is not ready; try again with the same key.") \
    X(BM_OVERLOADED,       503, "overloaded",            "The desk is full; try again with the same key.") \
    X(BM_NO_SPACE,         507, "no-space",              "The disk is nearly full; the desk takes no new work.") \
    /* Not for the wire: outcomes between rooms. */                                                \
    X(BM_IO,               500, "io",                    "Reading or writing failed.")             \
    X(BM_CORRUPT,          500, "corrupt",               "Stored bytes are damaged.")              \
    X(BM_FENCED,           503, "fenced",                "Another server has taken over this ledger.") \
    X(BM_UNKNOWN_OUTCOME,  500, "unknown-outcome",       "It is not known whether the write took place.") \
    X(BM_BAD_FORMAT,       500, "bad-format",            "The file has another format or version.") \
    X(BM_EXISTS,           409, "exists",                "It is already there.")                   \
    X(BM_BUSY,             503, "busy",                  "It is in use by another process.")

enum bm_code {
#define BM_CODE_ENUM(symbol, status, word, sentence) symbol,
    BM_CODES(BM_CODE_ENUM)
#undef BM_CODE_ENUM
    BM_CODE_COUNT
};

/* HTTP status of a code, 200..507. */
int bm_code_status(enum bm_code code);
/* Stable machine word ("stale-version"); static storage. */
const char *bm_code_word(enum bm_code code);
/* Default English sentence; static storage. */
const char *bm_code_sentence(enum bm_code code);

enum { BM_FAULT_FIELD_MAX = 64, BM_FAULT_DETAIL_MAX = 320 };

/* What went wrong, for people: the code, the field it concerns ("" if none) and a sentence that
 * names the mend.  Owned by the caller; functions fill it only when they do not return BM_OK. */
struct bm_fault {
    enum bm_code code;
    char field[BM_FAULT_FIELD_MAX];
    char detail[BM_FAULT_DETAIL_MAX];
};

/* Fills `fault` (which may be NULL) and returns `code`, so that callers can `return bm_fault_set(...)`.
 * `field` may be NULL.  Text past the maxima is cut. */
enum bm_code bm_fault_set(struct bm_fault *fault, enum bm_code code, const char *field,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The compiler insists that results are looked at. */
#define BM_MUST_USE __attribute__((warn_unused_result))

#endif
