/* Inside of the api; only files of src/api include this. */
#ifndef BM_API_PRIVATE_H
#define BM_API_PRIVATE_H

#include <jansson.h>
#include <pthread.h>

#include "api/api.h"
#include "api/mirror.h"
#include "base/map.h"
#include "desk/live.h"
#include "http/http.h"

enum { READERS_MAX = 16, PARAMETERS_MAX = 3, BM_CALL_WORD = 64 };
#define BM_TILE_TYPE "application/vnd.mapbox-vector-tile"

struct bm_endpoint;
struct bm_streams;
struct bm_shelf;
struct bm_addresses;
struct bm_mbtiles;
struct bm_own_tables;
struct bm_call_backs;
struct bm_intake;

/* Who looked at what, lately: a look that lasts (sheets.c). */
enum { BM_LOOKS_KEPT = 4096 };
struct bm_look_note {
    uint64_t session, target;
    uint8_t scope;
    int64_t at_ns;
};

/* So many at once, and so many a minute after that. */
struct bm_bucket {
    int64_t spent_until_ns;
};

/* By which log-ins end (session_time.c). */
struct bm_session_time {
    int64_t lag_at_start_ms;
    struct bm_live_now kept;        /* what moved the desk's time, as far as the vault knows it */
    bool runs;                      /* a worker keeps more of it */
    int64_t last_ms, last_mono_ns;  /* as of the last question */
};

struct bm_api {
    struct bm_look_note looks[BM_LOOKS_KEPT];
    struct bm_api_config config;
    struct bm_io *io;
    struct bm_http *http;
    struct bm_vault *vault;
    struct bm_live *live;
    struct bm_mirror *mirror;
    struct bm_streams *streams;
    struct bm_call_backs *call_backs;
    struct bm_shelf *shelf;
    struct bm_intake *intake;
    pthread_mutex_t readers_lock;
    struct bm_reader *readers[READERS_MAX]; /* idle ones */
    size_t reader_count;
    unsigned logins_running;
    bool making_keys;
    struct bm_io_timer *positions_timer;
    struct bm_bucket public_acts, public_looks; /* what anybody may ask for, at most */
    bool setup_runs; /* the set-up link is being used: one at a time */
    uint64_t requests, problems;
    struct bm_mbtiles *tiles;  /* NULL: none, because of `tiles_reason` */
    const char *tiles_reason;  /* "not_given", "missing", "unreadable", "foreign", "damaged" */
    uint64_t tiles_faults;     /* tiles that could not be read */
    struct bm_addresses *addresses; /* NULL: none that can be used */
    struct bm_own_tables *own_tables;
    uint64_t address_faults;   /* questions that it could not be read for */
    uint8_t digest_key[BM_KEY_BYTES]; /* of digests of bodies */
    struct bm_outbox *outbox;  /* NULL: none, because of `no_outbox` */
    uint64_t ledger;
    char no_outbox[BM_FAULT_DETAIL_MAX];
    struct bm_training *training; /* never NULL */
    struct bm_locations *locations; /* never NULL */
    struct bm_session_time session_time;
    struct bm_pace acks;           /* how long commands take, as their clients meet it */
    char beat[BM_VITALS_BEAT_TEXT]; /* what each beat says of the desk, as of the last second */
    struct bm_bucket locate_acts; /* what callers with a link may send */
};

/* What the desk gives back with its reply: the first member of whatever asked. */
struct bm_ticket {
    void (*replied)(struct bm_api *api, struct bm_ticket *ticket, const struct bm_live_reply *reply);
};

/* One request on its way: lives from routing until its answer. */
struct bm_call {
    struct bm_ticket ticket;
    struct bm_api *api;
    struct bm_http_exchange *exchange;
    const struct bm_http_request *request; /* valid until answered */
    const struct bm_endpoint *route;
    uint64_t ids[PARAMETERS_MAX]; /* {id}, or {z}, {x}, {y}, of the path, in order */
    char word[BM_CALL_WORD];      /* {receipt} of the path */
    uint64_t made_id;             /* what the last command made */
    bool has_viewer;
    struct bm_viewer viewer;
    uint64_t session;
    json_t *body; /* owned; NULL when there is none */
    void (*work)(struct bm_call *call);  /* on a worker */
    void (*after)(struct bm_call *call); /* back on the io thread */
    /* The desk said no; NULL: that is the answer. */
    void (*refused)(struct bm_call *call, const struct bm_reply *reply);
    void (*release)(void *state);        /* of what `state` owns, before it is freed; NULL: nothing */
    bool worked;                         /* `work` was begun: not so when the desk stops before */
    enum bm_code code;                   /* what `work` came to */
    struct bm_fault fault;
    struct bm_buf out;                   /* the answer's JSON */
    uint64_t read_seq;                   /* of the read transaction of bm_with_reader */
    uint32_t etag;                       /* version; 0: none */
    int status;                          /* of a good answer; 0: 200 */
    bool holds_setup;                    /* lets go of api->setup_runs when it is freed */
    bool holds_login;                    /* one of api->logins_running until it is freed */
    void *state;                         /* the handler's own: one block, freed with the call */
};

/* --- api.c: the end of calls ------------------------------------------------------------------ */
/* Answers with call->out (or the fault) and frees the call. */
void bm_call_finish(struct bm_call *call);
void bm_call_refuse(struct bm_call *call, enum bm_code code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Frees without answering (the exchange was handed to a stream or answered). */
void bm_call_free(struct bm_call *call);
/* Runs call->work on a worker, then call->after (or bm_call_finish). */
void bm_call_work(struct bm_call *call);
/* Tells the vitals what only this thread knows, as of now. */
void bm_api_turn(struct bm_api *api);
/* A reader from the pool, for use on a worker. */
BM_MUST_USE enum bm_code bm_api_reader(struct bm_api *api, struct bm_reader **ret_reader, struct bm_fault *fault);
void bm_api_reader_back(struct bm_api *api, struct bm_reader *reader);

/* --- routes.c --------------------------------------------------------------------------------- */
/* One method of one path (a struct bm_route is a way over roads). */
struct bm_endpoint {
    const char *method, *path; /* "/v1/cases/{id}/status"; what stands in braces is a number */
    const char *summary;       /* for openapi.json */
    bool open_to_all;          /* no log-in needed */
    int status;                /* of a good answer */
    int command;               /* enum bm_command_kind, or -1 for a query */
    void (*handle)(struct bm_call *call);
    const struct bm_shape *request;  /* of a query's body; commands have their own */
    int response;              /* enum bm_table_kind, or -1: see `handle` */
    bool lines;                /* its body may also be text/plain */
    bool file;                 /* its body is a file: text/csv or application/geo+json */
};
extern const struct bm_endpoint bm_routes[];
extern const size_t bm_route_count;

/* --- commands.c ------------------------------------------------------------------------------- */
void bm_handle_command(struct bm_call *call);
/* Builds the command of `kind` from call->body, seals its personal part under fresh keys or `keys` (for an
 * existing target), and submits it; the call is answered when the desk has. */
void bm_command_submit(struct bm_call *call, struct bm_command *command);
BM_MUST_USE enum bm_code bm_command_read(struct bm_call *call, enum bm_command_kind kind, const json_t *body,
                                         struct bm_command *ret_command);
/* Personal members of `body` as one JSON object per class, sealed into the command. `former` (may be
 * NULL) is what was sealed before, by class: members not given now are kept.  BM_NOT_POSSIBLE when there is
 * something to seal and its key was destroyed: text is never dropped in silence. */
BM_MUST_USE enum bm_code bm_command_seal(struct bm_call *call, struct bm_command *command, const json_t *body,
                                         const uint64_t keys[BM_data_class_COUNT],
                                         json_t *const former[BM_data_class_COUNT]);
/* The same under keys made for it, where the command begins something with keys of its own. */
BM_MUST_USE enum bm_code bm_command_seal_fresh(struct bm_call *call, struct bm_command *command, const json_t *body);
/* contacts.c: refuses telephone numbers that could not be dialled. */
BM_MUST_USE enum bm_code bm_check_numbers(const struct bm_shape *shape, const json_t *body, struct bm_fault *fault);
void bm_handle_contact_receive(struct bm_call *call);
/* A contact as it is now (NULL: gone), and all those that wait at the start. */
void bm_contacts_take(struct bm_api *api, uint64_t id, const struct bm_contact *contact);
BM_MUST_USE enum bm_code bm_contacts_fill(struct bm_api *api, struct bm_reader *reader, struct bm_fault *fault);
void bm_command_replied(struct bm_api *api, struct bm_ticket *ticket, const struct bm_live_reply *reply);

/* --- rows.c: records as clients see them ------------------------------------------------------ */
enum bm_open { BM_OPEN_NOTHING, BM_OPEN_ADDRESS, BM_OPEN_ALL };
/* Writes `{...}`: the record's fields but keys and ciphertext; and, as `open` and bm_may_open allow,
 * "personal":{...} (null when nothing was said, erased, or not for this viewer). */
void bm_row_write(struct bm_api *api, const struct bm_viewer *viewer, enum bm_open open,
                  enum bm_table_kind table, const void *record, struct bm_buf *out);
/* What is sealed in `value`, as a JSON object; NULL when nothing is, or the key is gone. */
json_t *bm_row_unseal(struct bm_api *api, uint64_t key_id, const struct bm_bytes *value);
/* The same of what is sealed in a row of the record. */
struct bm_row;
json_t *bm_row_opened(struct bm_api *api, const struct bm_row *row);
/* alert_people.c: who is told by a channel, as one sealed text (core/alert.h).  Checks what was given and replaces it;
 * BM_NOT_READY: new keys are being made. */
BM_MUST_USE enum bm_code bm_alert_people_seal(struct bm_api *api, enum bm_alert_kind kind, char recipients[BM_PEOPLE_TEXT],
                                              struct bm_fault *fault);
/* In clear again, "" for none; false when it cannot be opened. */
bool bm_alert_people_open(struct bm_api *api, const char *recipients, char ret_people[BM_PEOPLE_TEXT]);
/* What the record holds of a case that has left memory, empty when it has not (sheets.c). */
BM_MUST_USE enum bm_code bm_archived_content(struct bm_reader *reader, uint64_t case_id, struct bm_bytes *ret_content,
                                             struct bm_fault *fault);

/* --- positions.c ------------------------------------------------------------------------------ */
/* Writes `{...},{...}`: positions of units that the viewer may see, of the `most` that moved first since that stamp (0:
 * ever); returns the stamp from which to go on. */
uint64_t bm_positions_write(struct bm_api *api, const struct bm_viewer *viewer, uint64_t since, size_t most,
                            struct bm_buf *out);

/* --- sheets.c --------------------------------------------------------------------------------- */
/* Submits the look; `work` runs on a worker once it is committed, and makes the answer. */
void bm_look_then(struct bm_call *call, enum bm_look_scope scope, void (*work)(struct bm_call *));
/* Worker: a reader and a read transaction around `body`, which appends members to {"seq":..}. */
void bm_with_reader(struct bm_call *call, enum bm_code (*body)(struct bm_call *, struct bm_reader *));

/* The record as it stands in the transaction, for whoever may see it now; release it.  BM_NOT_FOUND. */
/* The query's number `name` (digits, at most 18); *number keeps its value when it is absent. */
BM_MUST_USE enum bm_code bm_query_digits(struct bm_call *call, const char *name, uint64_t *number);
BM_MUST_USE enum bm_code bm_read_visible(struct bm_call *call, struct bm_reader *reader, enum bm_table_kind table, void *ret_record);
/* "case":{..},"contacts":[..],"assignments":[..],"clocks":[..],"links":[..] */
BM_MUST_USE enum bm_code bm_case_write(struct bm_call *call, struct bm_reader *reader);
/* One event as {"seq","at_ms","kind","actor","body","personal"}; what was sealed only where it is opened. */
struct bm_row;
void bm_timeline_write(struct bm_call *call, const struct bm_row *row, bool opens);

/* --- after.c ---------------------------------------------------------------------------------- */
void bm_handle_case_record(struct bm_call *call);
/* Who is logged in, without the last brace; and the answer with the session's cookie (sessions.c). */
void bm_me_write(struct bm_call *call);
void bm_finish_with_cookie(struct bm_call *call, const char *token);
enum { BM_LOGINS_MAX = 8 }; /* passwords hashed at one time, waiting or running; more get 429 */

/* --- session_time.c: by which log-ins end ------------------------------------------------------- */
/* As soon as the desk is there. */
void bm_session_time_begin(struct bm_api *api);
/* The io thread. */
int64_t bm_session_now_ms(struct bm_api *api);
/* Once a second: keeps what must outlive the process. */
void bm_session_time_turn(struct bm_api *api);

/* --- sheets.c, sessions.c, board.c, stream.c, meta.c: handlers -------------------------------- */
void bm_handle_list(struct bm_call *call);
void bm_handle_case(struct bm_call *call);
void bm_handle_contact(struct bm_call *call);
void bm_handle_timeline(struct bm_call *call);
void bm_handle_case_change(struct bm_call *call);
void bm_handle_case_event(struct bm_call *call);
void bm_handle_entry(struct bm_call *call);
void bm_handle_erase(struct bm_call *call);
void bm_handle_account(struct bm_call *call);
void bm_handle_publish(struct bm_call *call);
void bm_handle_procedure(struct bm_call *call);
void bm_handle_calendar(struct bm_call *call);
void bm_handle_edition(struct bm_call *call);
void bm_handle_edition_days(struct bm_call *call);
void bm_handle_matter(struct bm_call *call);
void bm_handle_matter_open(struct bm_call *call);
void bm_handle_paper(struct bm_call *call);
void bm_handle_public_procedures(struct bm_call *call);
void bm_handle_public_open(struct bm_call *call);
void bm_handle_public_case(struct bm_call *call);
void bm_handle_public_event(struct bm_call *call);
void bm_handle_public_rating(struct bm_call *call);
void bm_handle_public_receipt(struct bm_call *call);
void bm_handle_public_key(struct bm_call *call);
void bm_handle_builtins(struct bm_call *call);
void bm_handle_rates(struct bm_call *call);
void bm_handle_state_rates(struct bm_call *call);
void bm_handle_figure(struct bm_call *call);
void bm_handle_rating_check(struct bm_call *call);
void bm_handle_alert_secret(struct bm_call *call);
void bm_handle_vitals(struct bm_call *call); /* meta.c */
void bm_handle_deliveries(struct bm_call *call);
void bm_handle_delivery_resend(struct bm_call *call);
void bm_handle_login(struct bm_call *call);
void bm_handle_logout(struct bm_call *call);
void bm_handle_me(struct bm_call *call);
void bm_handle_setup(struct bm_call *call);
void bm_handle_positions(struct bm_call *call);
void bm_handle_where(struct bm_call *call);
void bm_handle_owntracks(struct bm_call *call); /* devices.c */
void bm_handle_osmand(struct bm_call *call);
void bm_handle_device_secret(struct bm_call *call);
void bm_handle_devices_heard(struct bm_call *call);
void bm_handle_duress(struct bm_call *call);
void bm_handle_duress_raise(struct bm_call *call);
void bm_handle_recommendation(struct bm_call *call);
void bm_handle_assign(struct bm_call *call);
void bm_handle_road_closures(struct bm_call *call);
/* profile=emergency|ordinary|foot; emergency when it is not said. */
BM_MUST_USE enum bm_code bm_query_profile(struct bm_call *call, enum bm_profile *ret_profile);
/* Whether the asker (a struct bm_call) may see, and so send, the unit. */
bool bm_call_may_send(void *call, const struct bm_unit *unit);
void bm_handle_isochrone(struct bm_call *call);
void bm_handle_cordon(struct bm_call *call);
void bm_handle_surge(struct bm_call *call);
void bm_handle_eta(struct bm_call *call);
void bm_handle_coordinates(struct bm_call *call); /* coordinates.c */
void bm_handle_closed(struct bm_call *call);
void bm_handle_demo(struct bm_call *call);
void bm_handle_board(struct bm_call *call);
void bm_handle_handover(struct bm_call *call); /* handover.c */
void bm_handle_stream(struct bm_call *call);
void bm_handle_health(struct bm_call *call);
void bm_handle_ready(struct bm_call *call);
void bm_handle_metrics(struct bm_call *call);
void bm_handle_openapi(struct bm_call *call);
bool bm_handle_asset(struct bm_call *call);

/* --- training.c: a desk that nobody is served by ------------------------------------------------ */
struct bm_training *bm_training_new(void);
void bm_training_free(struct bm_training *training);
/* Refuses what machines bring to a training desk, but for what the running exercise plays (its token is in the header
 * `Exercise`). */
BM_MUST_USE enum bm_code bm_training_gate(struct bm_call *call);
/* A page of a training desk says so in its first element, whatever becomes of its scripts: false when it is no such page. */
bool bm_training_page(const struct bm_api *api, const char *type, const void *bytes, size_t len, struct bm_buf *out);
void bm_handle_exercise_begin(struct bm_call *call);
void bm_handle_exercise(struct bm_call *call);
void bm_handle_exercise_change(struct bm_call *call);
void bm_handle_exercise_report(struct bm_call *call);
extern const struct bm_shape bm_exercise_begin_shape, bm_exercise_change_shape;

/* --- locate.c: where callers are ---------------------------------------------------------------- */
/* Whose number is whose, as this frame leaves it. */
void bm_locations_follow(struct bm_api *api, const struct bm_frame *frame);
BM_MUST_USE enum bm_code bm_locations_fill(struct bm_api *api, struct bm_reader *reader, struct bm_fault *fault);
void bm_handle_aml(struct bm_call *call);
void bm_handle_locate_link(struct bm_call *call);
void bm_handle_public_location(struct bm_call *call);
void bm_handle_public_locate(struct bm_call *call);
void bm_handle_fixes(struct bm_call *call);
extern const struct bm_shape bm_aml_shape;
/* --- reports.c -------------------------------------------------------------------------------- */
void bm_handle_presets(struct bm_call *call);
void bm_handle_answer_report(struct bm_call *call);
void bm_handle_interval_report(struct bm_call *call);

/* --- addresses.c ------------------------------------------------------------------------------ */
void bm_address_index_open(struct bm_api *api); /* config.addresses; without it the desk goes on */
void bm_handle_addresses(struct bm_call *call);
void bm_handle_divisions(struct bm_call *call);

/* --- invites.c -------------------------------------------------------------------------------- */
/* Appends "links":[{number,path}] for those of the operators that are active and have no account yet. */
BM_MUST_USE enum bm_code bm_invite_links(struct bm_call *call, const struct bm_map *numbers);
void bm_handle_link(struct bm_call *call);
void bm_handle_join(struct bm_call *call);

/* --- imports.c, exports.c --------------------------------------------------------------------- */
void bm_handle_import_kinds(struct bm_call *call);
void bm_handle_import_template(struct bm_call *call);
void bm_handle_import_preview(struct bm_call *call);
void bm_handle_import_apply(struct bm_call *call);
void bm_handle_borders(struct bm_call *call); /* areas.c */
void bm_handle_export(struct bm_call *call);

/* --- map.c ------------------------------------------------------------------------------------ */
void bm_map_open(struct bm_api *api); /* config.tiles, or the reason why there is no map */
void bm_handle_map_info(struct bm_call *call);
void bm_handle_tile(struct bm_call *call);

/* --- stream.c --------------------------------------------------------------------------------- */
struct bm_streams *bm_streams_new(struct bm_api *api);
void bm_streams_free(struct bm_streams *streams);
void bm_streams_take(struct bm_streams *streams, struct bm_frame *frame); /* owns the frame */
void bm_streams_feed(struct bm_streams *streams); /* sends what is new to whoever keeps up */
/* Somebody's rights changed, or everybody's. */
void bm_streams_recheck(struct bm_streams *streams, bool everybody);
/* What moved since the last time, to whoever keeps up. */
void bm_streams_positions(struct bm_streams *streams);
/* A beat to every console, now. */
void bm_streams_beat(struct bm_streams *streams);
void bm_streams_end_session(struct bm_streams *streams, uint64_t session);
/* All whose session is there no more. */
void bm_streams_end_ended(struct bm_streams *streams);
void bm_streams_end_operator(struct bm_streams *streams, uint64_t operator_id);

/* Shapes of bodies that are no commands. */
extern const struct bm_shape bm_join_shape;
extern const struct bm_shape bm_login_shape, bm_setup_shape, bm_account_shape, bm_event_call_shape;
extern const struct bm_shape bm_secret_shape;
extern const struct bm_shape bm_public_open_shape, bm_public_event_shape, bm_public_rating_shape;

#endif
