/* bellman serve: opens the data folder, rebuilds the state from its record, and runs desk and
 * server. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/admin.h"
#include "api/api.h"
#include "api/intake.h"
#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/quarantine.h"
#include "base/seal.h"
#include "cli/cli.h"
#include "cli/mapped.h"
#include "cli/notify.h"
#include "cli/upgrade.h"
#include "desk/anchor.h"
#include "desk/live.h"
#include "desk/snapshot.h"
#include "desk/space.h"
#include "intake/jt808_server.h"
#include "io/io.h"
#include "outbox/outbox.h"
#include "vault/vault.h"

enum { CHECKPOINT_EVERY_S = 60, WORKERS = 3, EXIT_STOPPED = 70 };

struct options {
    const char *dir, *checkpoint, *backups;
    const char *roads, *tiles, *addresses, *demo; /* files; NULL: none */
    char host[64];
    uint16_t port;
    const char *jt808, *mqtt, *mqtt_password; /* NULL: not asked for */
    const char *admin;
    char admin_host[64];
    uint16_t admin_port;
    char jt808_host[64];
    uint16_t jt808_port;
    struct bm_mqtt_address broker;
    bool behind_proxy, training, no_time_service;
    uint64_t space_low, space_out, ballast;
};

struct server {
    struct options options;
    int lock;
    struct bm_vault *vault;
    struct bm_journal *journal;
    struct bm_quarantine *quarantine;
    struct bm_time_anchor *anchor; /* NULL: the record alone says what time it was */
    struct bm_desk *desk;
    struct bm_live *live;
    struct bm_io *io;
    struct bm_notify *notify; /* NULL: no service manager */
    struct bm_clock_watch *clock;
    struct bm_vitals *vitals;
    struct bm_admin *admin; /* NULL: not asked for */
    struct bm_io_wake *wake;
    struct bm_io_timer *checkpoint_timer;
    bool checkpoint_runs;
    struct bm_checkpoint checkpoint;
    char own_checkpoint[600];
    struct bm_mapped roads_file;
    struct bm_road *road; /* NULL: none */
    struct bm_dispatch *dispatch;
    char no_roads[400];
    struct bm_api *api;
    struct bm_outbox *outbox; /* NULL: it could not be opened */
};

/* --- options ---------------------------------------------------------------------------------- */

static bool is_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

/* "127.0.0.1:8110" or "[::1]:8110". */
static bool read_address(const char *text, char ret_host[64], uint16_t *ret_port) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text) return false;
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    size_t len = (size_t)(colon - text);
    if (*end || !colon[1] || port > 65535) return false;
    if (text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= 64) return false;
    memcpy(ret_host, text, len);
    ret_host[len] = 0;
    *ret_port = (uint16_t)port;
    return true;
}

static bool read_megabytes(const char *text, uint64_t *ret_bytes) {
    char *end;
    unsigned long long megabytes = strtoull(text, &end, 10);
    if (!text[0] || *end || megabytes == 0 || megabytes > 1u << 20) return false;
    *ret_bytes = (uint64_t)megabytes << 20;
    return true;
}

static int read_options(int argc, char **argv, struct options *ret) {
    struct options options = {.host = "127.0.0.1", .port = 8110};
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--behind-proxy") == 0) {
            options.behind_proxy = true;
            continue;
        }
        if (strcmp(argv[i], "--training") == 0) {
            options.training = true;
            continue;
        }
        if (strcmp(argv[i], "--no-time-service") == 0) {
            options.no_time_service = true;
            continue;
        }
        bool ok = value != NULL;
        if (ok && strcmp(argv[i], "--data") == 0)
            options.dir = value;
        else if (ok && strcmp(argv[i], "--checkpoint") == 0)
            options.checkpoint = value;
        else if (ok && strcmp(argv[i], "--backups") == 0)
            options.backups = value;
        else if (ok && strcmp(argv[i], "--roads") == 0)
            options.roads = value;
        else if (ok && strcmp(argv[i], "--tiles") == 0)
            options.tiles = value;
        else if (ok && strcmp(argv[i], "--addresses") == 0)
            options.addresses = value;
        else if (ok && strcmp(argv[i], "--demo") == 0)
            options.demo = value;
        else if (ok && strcmp(argv[i], "--listen") == 0)
            ok = read_address(value, options.host, &options.port);
        else if (ok && strcmp(argv[i], "--admin") == 0)
            ok = read_address(options.admin = value, options.admin_host, &options.admin_port);
        else if (ok && strcmp(argv[i], "--jt808") == 0)
            ok = read_address(options.jt808 = value, options.jt808_host, &options.jt808_port);
        else if (ok && strcmp(argv[i], "--mqtt") == 0)
            ok = bm_mqtt_address_read(options.mqtt = value, &options.broker);
        else if (ok && strcmp(argv[i], "--mqtt-password") == 0)
            options.mqtt_password = value;
        else if (ok && strcmp(argv[i], "--space-low") == 0)
            ok = read_megabytes(value, &options.space_low);
        else if (ok && strcmp(argv[i], "--space-out") == 0)
            ok = read_megabytes(value, &options.space_out);
        else if (ok && strcmp(argv[i], "--ballast") == 0)
            ok = read_megabytes(value, &options.ballast);
        else
            return bm_cli_fail(
                2, "serve does not know \"%s\", or it needs a value; run: bellman help", argv[i]);
        if (!ok) return bm_cli_fail(2, "\"%s %s\" is not right; run: bellman help", argv[i], value);
        i++;
    }
    if (!options.dir)
        return bm_cli_fail(2, "serve needs --data DIR, the folder that holds the record");
    if (options.training && (options.jt808 || options.mqtt))
        return bm_cli_fail(2, "a training desk takes nothing from real devices: leave out --jt808 and --mqtt, or --training");
    if (options.admin && !is_loopback(options.admin_host))
        return bm_cli_fail(2, "--admin answers everybody who reaches it: %s is not a loopback address", options.admin_host);
    if (!is_loopback(options.host) && !options.behind_proxy) {
        return bm_cli_fail(2,
                           "%s is not a loopback address. Bellman speaks no TLS: put Caddy or "
                           "nginx in front and start with --behind-proxy",
                           options.host);
    }
    *ret = options;
    return 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

struct finding {
    uint64_t seq;
    struct bm_hash hash;
    bool found;
};

static bool find_hash(void *context, const struct bm_row *row) {
    struct finding *finding = context;
    finding->found = row->seq == finding->seq;
    finding->hash = row->hash;
    return false;
}

/* A signed checkpoint that the journal does not reach or does not match: its tail was cut, or it is
 * another's. */
static enum bm_code check_checkpoint(struct server *server, const char *path,
                                     struct bm_fault *fault) {
    struct bm_checkpoint checkpoint;
    enum bm_code code = bm_checkpoint_read(path, NULL, &checkpoint, fault);
    if (code == BM_NOT_FOUND) return BM_OK;
    if (code) return code;
    struct bm_head head = bm_journal_head(server->journal);
    if (checkpoint.ledger != bm_journal_ledger(server->journal)) {
        return bm_fault_set(fault, BM_CORRUPT, NULL, "%s is of another ledger.", path);
    }
    if (checkpoint.seq > head.seq) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "The journal ends at seq %" PRIu64 ", but %s says it reached %" PRIu64
                            ": its tail was cut. Restore a backup; do not go on.",
                            head.seq, path, checkpoint.seq);
    }
    struct finding finding = {.seq = checkpoint.seq};
    if (checkpoint.seq == 0) return BM_OK;
    code = bm_journal_follow(server->journal, checkpoint.seq - 1, find_hash, &finding, fault);
    if (code) return code;
    if (!finding.found || memcmp(finding.hash.bytes, checkpoint.hash.bytes, 32) != 0) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "Event %" PRIu64
                            " is not the one that %s signed: the record was rewritten.",
                            checkpoint.seq, path);
    }
    return BM_OK;
}

static enum bm_code open_record(struct server *server, struct bm_fault *fault) {
    const char *dir = server->options.dir;
    char path[600];
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return bm_fault_set(fault, BM_IO, NULL, "%s cannot be made: %s.", dir, strerror(errno));
    }
    enum bm_code code = bm_dir_lock(dir, &server->lock, fault);
    if (!code) bm_space_before_opening(dir, server->options.space_low);
    if (!code) code = bm_upgrade_run(dir, server->options.backups, fault);
    if (!code) code = bm_vault_open(dir, &server->vault, fault);
    if (!code) code = bm_vault_training(server->vault, server->options.training, fault);
    if (!code) code = bm_journal_open(dir, &server->journal, fault);
    snprintf(server->own_checkpoint, sizeof server->own_checkpoint, "%s/head.checkpoint", dir);
    if (!code) code = check_checkpoint(server, server->own_checkpoint, fault);
    if (!code && server->options.checkpoint)
        code = check_checkpoint(server, server->options.checkpoint, fault);
    snprintf(path, sizeof path, "%s/running", dir);
    if (!code) code = bm_quarantine_open(path, &server->quarantine, fault);
    return code;
}

/* What time it was when the desk ran last.  Without it a clock that was moved meanwhile may go unseen; no reason to take no calls. */
static void open_anchor(struct server *server) {
    char path[600], boot_id[BM_BOOT_TEXT];
    struct bm_fault fault = {0};
    snprintf(path, sizeof path, "%s/clock.running", server->options.dir);
    if (!bm_boot_id(boot_id))
        (void)bm_fault_set(&fault, BM_NOT_FOUND, NULL, "Neither BELLMAN_BOOT_ID nor the kernel says which running of the machine this is.");
    else if (bm_time_anchor_open(path, boot_id, &server->anchor, &fault) == BM_OK)
        return;
    bm_log(BM_LOG_WARNING, "no_clock_anchor", "reason=\"%s\" mend=\"until then a clock that is moved while the desk is away is seen only when it is behind the record, or %d days ahead\"",
           fault.detail, BM_TIME_AWAY_DAYS);
}

/* Roads that are missing or damaged do not keep a desk from its work: it ranks by straight line,
 * and every screen says why. */
static void open_roads(struct server *server) {
    const char *path = server->options.roads;
    struct bm_fault fault = {0};
    enum bm_code code = path ? bm_mapped_open(path, &server->roads_file, &fault) : BM_NOT_FOUND;
    if (!code)
        code = bm_road_open(server->roads_file.bytes, server->roads_file.len, &server->road,
                            &fault);
    if (path && code) {
        snprintf(server->no_roads, sizeof server->no_roads, "%s", fault.detail);
        bm_log(BM_LOG_ERROR, "no_roads",
               "file=\"%s\" reason=\"%s\" mend=\"straight lines until it is replaced\"", path,
               fault.detail);
    }
    server->dispatch = bm_dispatch_new(server->road);
}

static void on_replay_frame(void *context, struct bm_frame *frame) {
    struct server *server = context;
    bm_api_on_frame(server->api, frame);
}

static enum bm_code rebuild_state(struct server *server, struct bm_fault *fault) {
    struct bm_desk_sink sink = {NULL, on_replay_frame, server};
    int64_t begin = bm_io_mono_ns(server->io);
    uint64_t snapshot_seq;
    server->desk = bm_desk_new(server->journal, server->quarantine);
    enum bm_code code = bm_rebuild_state(server->options.dir, server->journal, server->vault, server->desk, &sink, &snapshot_seq, fault);
    if (code) return code;
    BM_STEP_DONE(erase_finished_at_start);
    bm_log(BM_LOG_INFO, "state_rebuilt", "seq=%" PRIu64 " snapshot_seq=%" PRIu64 " ms=%" PRId64,
           bm_desk_head(server->desk).seq, snapshot_seq, (bm_io_mono_ns(server->io) - begin) / 1000000);
    return BM_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

static void on_wake(void *context) {
    struct server *server = context;
    if (server->live) bm_live_drain(server->live);
}

static void wake(void *context) {
    bm_io_wake(((struct server *)context)->wake);
}

/* The desk cannot go on: nothing was answered of the last batch, so stop before anything can be. */
static void on_stop(void *context, enum bm_code code) {
    (void)context;
    fprintf(stderr, "bellman: stopped: %s Start it again; the state is rebuilt from the record.\n",
            bm_code_sentence(code));
    fflush(stderr);
    _exit(EXIT_STOPPED);
}

static void on_reply(void *context, void *ticket, const struct bm_live_reply *reply) {
    bm_api_on_reply(((struct server *)context)->api, ticket, reply);
}

static void on_frame(void *context, struct bm_frame *frame) {
    if (((struct server *)context)->outbox) bm_outbox_wake(((struct server *)context)->outbox);
    bm_api_on_frame(((struct server *)context)->api, frame);
}

static void on_signal(void *context) {
    bm_io_stop(((struct server *)context)->io);
}

static void write_checkpoint(void *context) {
    struct server *server = context;
    struct bm_fault fault;
    const char *paths[] = {server->own_checkpoint, server->options.checkpoint};
    for (int i = 0; i < 2; i++) {
        if (!paths[i] ||
            bm_checkpoint_write(server->vault, &server->checkpoint, paths[i], &fault) == BM_OK)
            continue;
        bm_log(BM_LOG_WARNING, "checkpoint_failed", "reason=\"%s\"", fault.detail);
    }
}

static void take_checkpoint(struct server *server, struct bm_head head) {
    server->checkpoint = (struct bm_checkpoint){bm_journal_ledger(server->journal), head.seq,
                                                head.hash, bm_io_wall_ms(server->io)};
}

static void after_checkpoint(void *context) {
    ((struct server *)context)->checkpoint_runs = false;
}

static void on_checkpoint_timer(void *context) {
    struct server *server = context;
    bm_io_timer_set(server->checkpoint_timer,
                    bm_io_mono_ns(server->io) + (int64_t)CHECKPOINT_EVERY_S * 1000000000);
    struct bm_head head = bm_live_status(server->live).head;
    if (server->checkpoint_runs || head.seq == server->checkpoint.seq) return;
    take_checkpoint(server, head);
    server->checkpoint_runs = bm_io_work(server->io, write_checkpoint, after_checkpoint, server) ==
                              BM_OK;
}

static enum bm_code print_welcome(struct server *server, uint16_t port, struct bm_fault *fault) {
    const char *host = strchr(server->options.host, ':') ? "[::1]" : server->options.host;
    printf("Bellman listens on http://%s:%u\n", host, port);
    if (!bm_vault_has_accounts(server->vault)) {
        char token[BM_TOKEN_TEXT];
        enum bm_code code = bm_vault_new_setup(server->vault, token, fault);
        if (code) return code;
        printf("No administrator yet. Open this link once to make one:\n  http://%s:%u/setup#%s\n",
               host, port, token);
        bm_wipe(token, sizeof token);
    }
    fflush(stdout);
    return BM_OK;
}

/* The written limit of connections needs as many file descriptors; a usual soft limit is 1,024. */
static void raise_file_limit(const struct bm_http_limits *limits, bool terminals) {
    struct rlimit limit;
    rlim_t wanted = limits->connections_max + 512 + BM_ADMIN_FILES + (terminals ? BM_JT808_LINKS_MAX : 0);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
        bm_log(BM_LOG_WARNING, "few_files", "limit=%" PRIu64 " wanted=%" PRIu64,
               (uint64_t)limit.rlim_cur, (uint64_t)wanted);
    }
}

/* The first line of the file: a password on the command line would be shown to whoever lists processes. */
static enum bm_code read_password(const char *path, char *ret_password, size_t cap, struct bm_fault *fault) {
    FILE *file = fopen(path, "r");
    bool fine = file && fgets(ret_password, (int)cap, file);
    if (fine) ret_password[strcspn(ret_password, "\r\n")] = 0;
    if (file) fclose(file);
    return fine ? BM_OK : bm_fault_set(fault, BM_IO, "mqtt-password", "%s holds no password that can be read.", path);
}

/* Devices that speak protocols of their own. */
static enum bm_code start_intake(struct server *server, struct bm_fault *fault) {
    const struct options *options = &server->options;
    char password[BM_MQTT_TEXT] = "", client_id[40];
    enum bm_code code = BM_OK;
    uint16_t port;
    if (options->jt808) {
        code = bm_api_jt808(server->api, options->jt808_host, options->jt808_port, &port, fault);
        if (!code) printf("JT/T 808 on %s:%u\n", options->jt808_host, port);
        if (!code) bm_log(BM_LOG_INFO, "jt808_listening", "host=%s port=%u", options->jt808_host, port);
    }
    if (code || !options->mqtt) return code;
    if (options->mqtt_password) code = read_password(options->mqtt_password, password, sizeof password, fault);
    snprintf(client_id, sizeof client_id, "bellman-%" PRIx64, bm_journal_ledger(server->journal));
    if (!code) code = bm_api_mqtt(server->api, &options->broker, password[0] ? password : NULL, client_id, fault);
    bm_wipe(password, sizeof password);
    return code;
}

/* An outbox that is damaged does not keep a desk from its work: it takes calls and sends units, and every screen says why nobody
 * outside is told. */
static void open_outbox(struct server *server) {
    struct bm_fault fault = {0};
    char origin[256] = "";
    if (gethostname(origin, sizeof origin - 1) != 0 || !origin[0]) snprintf(origin, sizeof origin, "bellman.invalid");
    struct bm_outbox_config config = {server->options.dir, origin, server->options.training, bm_api_outbox_calls(server->api)};
    uint64_t ledger = bm_journal_ledger(server->journal);
    if (bm_outbox_open(&config, ledger, &server->outbox, &fault))
        bm_log(BM_LOG_ERROR, "no_outbox", "reason=\"%s\" mend=\"nobody outside is told until it is mended\"", fault.detail);
    bm_api_take_outbox(server->api, server->outbox, ledger, fault.detail);
    bm_vitals_take_outbox(server->vitals, server->outbox, fault.detail);
}

/* From here on whoever looks after the desk is answered, also while a long record is read.  A port that is taken is no reason to take no
 * calls. */
static void start_admin(struct server *server) {
    const struct options *options = &server->options;
    struct bm_fault fault = {0};
    uint16_t port;
    if (!options->admin) return;
    if (bm_admin_start(server->vitals, options->admin_host, options->admin_port, &port, &server->admin, &fault)) {
        bm_log(BM_LOG_ERROR, "no_admin", "reason=\"%s\" mend=\"another --admin HOST:PORT; until then only the data port says how it is\"", fault.detail);
        return;
    }
    printf("Health and figures on http://%s:%u\n", strchr(options->admin_host, ':') ? "[::1]" : options->admin_host, port);
    fflush(stdout);
    bm_log(BM_LOG_INFO, "admin_listening", "host=%s port=%u", options->admin_host, port);
}

/* The window of the alarm about slow acknowledgements; a test does not wait for a minute. */
static int64_t ack_window_ns(void) {
#ifdef BM_FAILPOINTS_BUILT
    const char *text = getenv("BELLMAN_ACK_WINDOW_S");
    if (text) return strtoll(text, NULL, 10) * 1000000000;
#endif
    return 0;
}

static enum bm_code start(struct server *server, struct bm_fault *fault) {
    struct bm_http_limits limits = bm_http_limits_default();
    raise_file_limit(&limits, server->options.jt808 != NULL);
    server->io = bm_io_uv_new(WORKERS);
    server->vitals = bm_vitals_new();
    start_admin(server);
    open_roads(server);
    struct bm_api_config api_config = {.dir = server->options.dir,
                                       .behind_proxy = server->options.behind_proxy,
                                       .version = BM_VERSION,
                                       .training = server->options.training,
                                       .dispatch = server->dispatch,
                                       .no_roads = server->no_roads[0] ? server->no_roads : NULL,
                                       .tiles = server->options.tiles,
                                       .addresses = server->options.addresses,
                                       .demo = server->options.demo};
    uint16_t port;
    server->clock = bm_clock_watch_new(server->io, !server->options.no_time_service);
    api_config.clock = server->clock;
    api_config.vitals = server->vitals;
    api_config.ack_window_ns = ack_window_ns();
    bm_notify_say(server->notify, "STATUS=opening the record in %s; data of an older version is upgraded first", server->options.dir);
    enum bm_code code = open_record(server, fault);
    if (code) return code;
    server->api = bm_api_new(server->io, &limits, server->vault, &api_config);
    code = bm_api_listen(server->api, server->options.host, server->options.port, &port, fault);
    bm_notify_say(server->notify, "STATUS=rebuilding the state from the record");
    if (!code) code = rebuild_state(server, fault);
    if (code) return code;
    server->wake = bm_io_wake_new(server->io, on_wake, server);
    open_anchor(server);
    struct bm_live_config live_config = {server->options.dir, server->options.space_low,
                                         server->options.space_out, server->options.ballast, 0, server->anchor};
    struct bm_live_calls calls = {wake, on_stop, on_reply, on_frame, NULL, server};
    server->live = bm_live_start(server->desk, &live_config, &calls);
    bm_io_on_signal(server->io, SIGINT, on_signal,
                    server); /* before anybody is told that it runs */
    bm_io_on_signal(server->io, SIGTERM, on_signal, server);
    open_outbox(server);
    bm_vitals_take_live(server->vitals, server->live);
    code = bm_api_go(server->api, server->live, fault);
    if (!code) code = start_intake(server, fault);
    if (!code && server->outbox) bm_outbox_start(server->outbox);
    if (!code) code = print_welcome(server, port, fault);
    if (code) return code;
    server->checkpoint_timer = bm_io_timer_new(server->io, on_checkpoint_timer, server);
    bm_io_timer_set(server->checkpoint_timer, bm_io_mono_ns(server->io) + 1000000000);
    if (!bm_password_work_is_full) bm_log(BM_LOG_WARNING, "built_for_tests", "passwords=\"hashed with hardly any work\"");
    bm_log(BM_LOG_INFO, "listening", "host=%s port=%u version=%s", server->options.host, port,
           BM_VERSION);
    bm_notify_ready(server->notify, server->io, server->live, server->vitals, server->clock);
    return BM_OK;
}

/* In order: no more requests, finish and answer what was taken, no worker at anything any more (all
 * that follows frees what they use); keep the state, sign the head. */
static void stop(struct server *server) {
    struct bm_fault fault;
    bm_api_intake_stop(server->api);
    bm_notify_stopping(server->notify);
    bm_outbox_stop(server->outbox);
    bm_vitals_take_live(server->vitals, NULL);
    bm_vitals_take_outbox(server->vitals, NULL, "The desk is stopping.");
    bm_api_keep_session_time(server->api);
    bm_live_stop(server->live);
    bm_api_halt(server->api);
    bm_io_end_work(server->io);
    if (server->live) {
        struct bm_head head = bm_desk_head(server->desk);
        if (head.seq &&
            bm_snapshot_write(server->options.dir, bm_desk_core(server->desk), &head, &fault)) {
            bm_log(BM_LOG_WARNING, "snapshot_failed", "reason=\"%s\"", fault.detail);
        }
        take_checkpoint(server, head);
        if (head.seq) write_checkpoint(server);
    }
    bm_api_free(server->api);
    bm_outbox_close(server->outbox);
    if (server->checkpoint_timer) bm_io_timer_free(server->checkpoint_timer);
    bm_notify_free(server->notify);
    bm_clock_watch_free(server->clock);
    if (server->wake) bm_io_wake_free(server->wake);
    bm_io_free(server->io);
    bm_admin_stop(server->admin);
    bm_vitals_free(server->vitals);
    bm_dispatch_free(server->dispatch);
    bm_road_close(server->road);
    bm_mapped_close(&server->roads_file);
    bm_desk_free(server->desk);
    bm_quarantine_close(server->quarantine);
    bm_time_anchor_close(server->anchor);
    bm_journal_close(server->journal);
    bm_vault_close(server->vault);
    if (server->lock >= 0) bm_dir_unlock(server->lock);
}

int bm_cli_serve(int argc, char **argv) {
    struct server server = {.lock = -1};
    struct bm_fault fault = {0};
    int wrong = read_options(argc, argv, &server.options);
    if (wrong) return wrong;
    server.notify = bm_notify_new();
    enum bm_code code = start(&server, &fault);
    if (code == BM_OK)
        bm_io_run(server.io);
    else
        bm_cli_fail(1, "cannot start: %s", fault.detail[0] ? fault.detail : bm_code_sentence(code));
    stop(&server);
    if (code == BM_OK) bm_log(BM_LOG_INFO, "stopped", "reason=signal");
    return code ? 1 : 0;
}
