/* One life of the process, on the simulated loop and disk: put together as bellman serve does it. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/intake.h"
#include "api/rebuild.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/log.h"
#include "base/seal.h"
#include "base/quarantine.h"
#include "desk/snapshot.h"
#include "house_sim.h"
#include "journal/journal_table.h"
#include "sim/demand.h"
#include "vault/vault.h"

enum { UNITS = 8, HOUSE_COMMANDS = 64, FILES = 8, SNAPSHOT_EVERY = 60, STEP_NS = 1000000 };

static struct bm_disk *disk;
static char dir[64];
static struct {
    char name[64];
    uint8_t *bytes;
    size_t len;
} furnished[FILES];
static size_t furnished_count;

struct bm_disk *house_disk(void) {
    return disk;
}

const char *house_dir(void) {
    return dir;
}

static void path_of(const char *name, char ret_path[400]) {
    snprintf(ret_path, 400, "%s/%.300s", dir, name);
}

static void must(enum bm_code code, const struct bm_fault *fault) {
    if (code) fprintf(stderr, "%s\n", fault->detail);
    BM_CHECK(!code);
}

/* --- a furnished house ---------------------------------------------------------------------------- */

static void on_any_frame(void *context, struct bm_frame *frame) {
    (void)context;
    bm_frame_free(frame);
}

static void on_any_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)context, (void)ticket;
    if (reply->code) fprintf(stderr, "the house cannot be furnished: %s\n", reply->fault->detail);
    BM_CHECK(!reply->code);
}

static void give(struct bm_desk *desk, struct bm_command command, int64_t now_ms) {
    struct bm_asked asked = {command, &asked};
    struct bm_desk_sink sink = {on_any_reply, on_any_frame, NULL};
    BM_CHECK(bm_desk_step(desk, now_ms, 1, &asked, 1, &sink) == BM_OK);
    bm_command_release(&asked.command);
}

/* A partner who wants to know of every incident, with and without a handshake first; and a mail server. */
static void furnish_channels(struct bm_desk *desk, int64_t now_ms) {
    static const struct {
        enum bm_alert_kind kind;
        const char *url, *events, *recipients;
        bool no_handshake;
    } channels[] = {{BM_ALERT_WEBHOOK, "https://partner.example/every-incident", "case_opened case_moved", "", true},
                    {BM_ALERT_WEBHOOK, "https://city.example/hook", "case_opened", "", false},
                    {BM_ALERT_MAIL, "smtps://mail.example", "case_opened", "duty@county.example", true}};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        struct bm_command command = bm_command_make(BM_DO_ALERT_CHANNEL_SET);
        struct bm_do_alert_channel_set *args = &command.alert_channel_set;
        command.actor.v = 1;
        args->kind = (uint8_t)channels[i].kind;
        args->jurisdiction.v = 1;
        args->no_handshake = channels[i].no_handshake;
        snprintf(args->name, sizeof args->name, "channel %zu", i + 1);
        snprintf(args->url, sizeof args->url, "%s", channels[i].url);
        snprintf(args->events, sizeof args->events, "%s", channels[i].events);
        snprintf(args->recipients, sizeof args->recipients, "%s", channels[i].recipients);
        snprintf(args->sender, sizeof args->sender, "desk@county.example");
        args->personal = i == 1;
        give(desk, command, now_ms);
    }
}

/* Terminals in the vehicles of the first units. */
static void furnish_terminals(struct bm_desk *desk, int64_t now_ms) {
    for (unsigned i = 1; i <= HOUSE_TERMINALS; i++) {
        struct bm_command command = bm_command_make(BM_DO_DEVICE_SET);
        command.actor.v = 1;
        command.device_set.unit.v = i;
        command.device_set.protocol = BM_DEVICE_JT808;
        house_field_identity(i, command.device_set.identity);
        give(desk, command, now_ms);
    }
}

static void furnish(struct house *house) {
    struct bm_fault fault;
    struct bm_vault *vault;
    struct bm_journal *journal;
    struct bm_command commands[HOUSE_COMMANDS];
    int64_t now_ms = (house->mono_ns + house->wall_ahead_ns) / 1000000;
    must(bm_vault_open(dir, &vault, &fault), &fault);
    must(bm_journal_open(dir, &journal, &fault), &fault);
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    size_t count = bm_demand_house(commands, UNITS);
    BM_CHECK(count <= HOUSE_COMMANDS);
    for (size_t i = 0; i < count; i++) give(desk, commands[i], now_ms);
    furnish_channels(desk, now_ms);
    furnish_terminals(desk, now_ms);
    for (uint64_t id = 1; id <= HOUSE_CONSOLES; id++) {
        char login[24];
        snprintf(login, sizeof login, "operator-%" PRIu64, id);
        must(bm_vault_set_account(vault, id, login, "a password for all", &fault), &fault);
    }
    bm_desk_free(desk);
    bm_journal_close(journal);
    bm_vault_close(vault);
}

static void keep_file(const char *name) {
    char path[400];
    struct stat of;
    path_of(name, path);
    FILE *file = fopen(path, "rb");
    BM_CHECK(file && fstat(fileno(file), &of) == 0 && furnished_count < FILES);
    size_t len = (size_t)of.st_size;
    furnished[furnished_count].bytes = bm_alloc(len + 1);
    furnished[furnished_count].len = len;
    snprintf(furnished[furnished_count].name, sizeof furnished[0].name, "%.60s", name);
    BM_CHECK(fread(furnished[furnished_count].bytes, 1, len, file) == len);
    furnished_count++;
    fclose(file);
}

static void each_file(void (*call)(const char *name)) {
    DIR *folder = opendir(dir);
    BM_CHECK(folder);
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.') call(entry->d_name);
    closedir(folder);
}

static void remove_file(const char *name) {
    char path[400];
    path_of(name, path);
    unlink(path);
}

static void make_dir(void) {
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.40s/bm-house-sim-XXXXXX", tmp ? tmp : "/tmp");
    BM_CHECK(mkdtemp(dir));
}

void house_server_init(void) {
    struct house house = {.seed = 1, .mono_ns = INT64_C(3600000000000), .wall_ahead_ns = INT64_C(1789996400000000000)};
    bm_seal_init();
    disk = bm_disk_new("bm-house-disk", 1);
    bm_disk_make_default(disk);
    make_dir();
    bm_disk_attach(disk, dir);
    house_world_enter(&house);
    furnish(&house);
    house_world_leave();
    bm_disk_attach(disk, NULL);
    each_file(keep_file);
}

void house_server_forked(void) {
    bm_disk_attach(disk, NULL);
    make_dir();
}

void house_server_end(void) {
    bm_disk_attach(disk, NULL);
    each_file(remove_file);
    rmdir(dir);
    for (size_t i = 0; i < furnished_count; i++) bm_free(furnished[i].bytes);
    bm_disk_free(disk);
}

void house_server_make(struct house *house) {
    bm_disk_attach(disk, NULL);
    each_file(remove_file);
    bm_disk_reset(disk, house->seed);
    bm_disk_attach(disk, dir);
    for (size_t i = 0; i < furnished_count; i++) {
        char path[400];
        path_of(furnished[i].name, path);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        BM_CHECK(fd >= 0);
        BM_CHECK(write(fd, furnished[i].bytes, furnished[i].len) == (ssize_t)furnished[i].len);
        close(fd);
    }
}

/* --- between desk and server ------------------------------------------------------------------------ */

static void set_timer(struct bm_io_timer *timer, struct house *house, int64_t in_ns) {
    bm_io_timer_set(timer, bm_io_mono_ns(house->life.io) + in_ns);
}

static void on_wake(void *context) {
    struct house *house = context;
    if (house->life.live) bm_live_drain(house->life.live);
}

static void wake(void *context) {
    bm_io_wake(((struct house *)context)->life.wake);
}

static void on_stop(void *context, enum bm_code code) {
    struct house *house = context;
    (void)code;
    if (!house->dies) house_fault(house, HOUSE_STOPPED_ITSELF);
    house->dies = true;
}

static void on_reply(void *context, void *ticket, const struct bm_live_reply *reply) {
    bm_api_on_reply(((struct house *)context)->life.api, ticket, reply);
}

static void on_frame(void *context, struct bm_frame *frame) {
    struct house *house = context;
    if (house->life.outbox) bm_outbox_wake(house->life.outbox);
    bm_api_on_frame(house->life.api, frame);
}

static void on_wanted(void *context) {
    struct house *house = context;
    if (house->life.step_timer) set_timer(house->life.step_timer, house, 0);
}

/* The desk counts in milliseconds: what is due within this one is due at its end. */
static void on_step(void *context) {
    struct house *house = context;
    int64_t next_ns = bm_live_step(house->life.live), least_ns = bm_io_mono_ns(house->life.io) + STEP_NS;
    if (next_ns != INT64_MAX) bm_io_timer_set(house->life.step_timer, next_ns > least_ns ? next_ns : least_ns);
}

/* The next step is when it has something to do, or when a partner answers. */
static void on_outbox(void *context) {
    struct house *house = context;
    int64_t in_ns = (int64_t)bm_outbox_step(house->life.outbox) * 1000000, answer_ns = house_world_answer_ns();
    int64_t next_ns = bm_io_mono_ns(house->life.io) + (in_ns > STEP_NS ? in_ns : STEP_NS);
    bm_io_timer_set(house->life.outbox_timer, answer_ns < next_ns ? answer_ns : next_ns);
}

void house_server_outbox(struct house *house) {
    if (house->life.outbox_timer) set_timer(house->life.outbox_timer, house, 0);
}

static void on_replay_frame(void *context, struct bm_frame *frame) {
    bm_api_on_frame(((struct house *)context)->life.api, frame);
}

/* --- the signed head -------------------------------------------------------------------------------- */

static void head_path(char ret_path[400]) {
    path_of("head.checkpoint", ret_path);
}

static void sign_head(struct house *house, struct bm_head head) {
    struct house_life *life = &house->life;
    struct bm_checkpoint checkpoint = {bm_journal_ledger(life->journal), head.seq, head.hash, bm_io_wall_ms(life->io)};
    struct bm_fault fault;
    char path[400];
    head_path(path);
    if (head.seq) must(bm_checkpoint_write(life->vault, &checkpoint, path, &fault), &fault);
}

/* What was signed was committed: no power cut takes it back. */
static void check_signed_head(struct house *house) {
    struct bm_checkpoint checkpoint;
    struct bm_fault fault;
    char path[400];
    head_path(path);
    if (bm_checkpoint_read(path, NULL, &checkpoint, &fault) != BM_OK) return;
    struct bm_head head = bm_journal_head(house->life.journal);
    if (checkpoint.seq > head.seq)
        house_wrong(house, "the signed head says %" PRIu64 ", the record ends at %" PRIu64, checkpoint.seq, head.seq);
}

/* --- a life ------------------------------------------------------------------------------------------- */

static bool open_record(struct house *house, struct bm_fault *fault) {
    struct house_life *life = &house->life;
    char path[400];
    path_of("running", path);
    if (bm_vault_open(dir, &life->vault, fault)) return false;
    if (bm_journal_open(dir, &life->journal, fault)) return false;
    if (house->lie == HOUSE_LYING_DISK) {
        sqlite3_exec(bm_journal_connection(life->journal), "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
        house->tally->lies++;
    }
    return bm_quarantine_open(path, &life->quarantine, fault) == BM_OK;
}

static bool open_house(struct house *house, struct bm_fault *fault) {
    struct house_life *life = &house->life;
    struct bm_http_limits limits = bm_http_limits_default();
    struct bm_api_config config = {.dir = dir, .version = "simulated"};
    if (!open_record(house, fault)) return false;
    config.dispatch = life->dispatch = bm_dispatch_new(NULL);
    config.vitals = life->vitals = bm_vitals_new();
    life->api = bm_api_new(life->io, &limits, life->vault, &config);
    must(bm_api_listen(life->api, "127.0.0.1", 80, &life->port, fault), fault);
    life->desk = bm_desk_new(life->journal, life->quarantine);
    struct bm_desk_sink sink = {NULL, on_replay_frame, house};
    uint64_t snapshot_seq;
    if (bm_rebuild_state(dir, life->journal, life->vault, life->desk, &sink, &snapshot_seq, fault)) return false;
    check_signed_head(house);
    life->wake = bm_io_wake_new(life->io, on_wake, house);
    struct bm_live_config live_config = {dir, 1, 1, 1, SNAPSHOT_EVERY, NULL};
    struct bm_live_calls calls = {wake, on_stop, on_reply, on_frame, on_wanted, house};
    life->live = bm_live_start_stepped(life->desk, &live_config, &calls);
    bm_vitals_take_live(life->vitals, life->live);
    life->step_timer = bm_io_timer_new(life->io, on_step, house);
    set_timer(life->step_timer, house, 0);
    struct bm_outbox_config outbox_config = {dir, "desk.example", false, bm_api_outbox_calls(life->api)};
    uint64_t ledger = bm_journal_ledger(life->journal);
    if (bm_outbox_open(&outbox_config, ledger, &life->outbox, fault)) {
        life->outbox = NULL;
        return false; /* serve goes on without; here it must come to be whole, so it is started again */
    }
    bm_api_take_outbox(life->api, life->outbox, ledger, "");
    bm_vitals_take_outbox(life->vitals, life->outbox, "");
    if (bm_api_go(life->api, life->live, fault)) return false;
    must(bm_api_jt808(life->api, "127.0.0.1", 6808, &life->terminals_port, fault), fault);
    life->outbox_timer = bm_io_timer_new(life->io, on_outbox, house);
    bm_outbox_start_stepped(life->outbox);
    set_timer(life->outbox_timer, house, 0);
    return true;
}

/* Everything is freed as serve frees it; on a disk that is gone nothing of it is written. */
static void close_house(struct house *house) {
    struct house_life *life = &house->life;
    bool finishes = life->live && !house->dies;
    bm_api_intake_stop(life->api);
    bm_outbox_stop(life->outbox);
    if (life->vitals) bm_vitals_take_live(life->vitals, NULL);
    bm_live_stop(life->live);
    bm_api_halt(life->api);
    bm_io_end_work(life->io);
    if (finishes) {
        struct bm_head head = bm_desk_head(life->desk);
        struct bm_fault fault;
        if (head.seq) must(bm_snapshot_write(dir, bm_desk_core(life->desk), &head, &fault), &fault);
        sign_head(house, head);
    }
    bm_api_free(life->api);
    bm_outbox_close(life->outbox);
    if (life->step_timer) bm_io_timer_free(life->step_timer);
    if (life->outbox_timer) bm_io_timer_free(life->outbox_timer);
    if (life->wake) bm_io_wake_free(life->wake);
    house->mono_ns = bm_io_mono_ns(life->io);
    house->wall_ahead_ns = bm_io_wall_ms(life->io) * 1000000 - house->mono_ns;
    struct bm_io *io = life->io;
    bm_io_free(io);
    life->io = NULL;
    if (life->dispatch) bm_dispatch_free(life->dispatch);
    bm_desk_free(life->desk);
    bm_quarantine_close(life->quarantine);
    bm_journal_close(life->journal);
    bm_vault_close(life->vault);
    bm_vitals_free(life->vitals);
    *life = (struct house_life){0};
}

/* Faults that are told to the files while nobody has them open. */
static void lie_to_files(struct house *house) {
    const char *sql = house->lie == HOUSE_OUTBOX_SKIPS     ? "UPDATE meta SET value=value+3 WHERE name='cursor' AND value>60"
                      : house->lie == HOUSE_OUTBOX_FORGETS ? "DELETE FROM delivery WHERE channel=1 AND id%3=0"
                                                           : NULL;
    char path[400];
    sqlite3 *db;
    if (!sql) return;
    path_of("outbox.db", path);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_exec(db, sql, NULL, NULL, NULL);
        house->tally->lies += sqlite3_changes(db) > 0;
    }
    sqlite3_close(db);
}

bool house_server_start(struct house *house) {
    struct bm_fault fault = {0};
    struct bm_io_sim_knobs knobs = {.chop = house->weather.chop && !house->calm, .delay_max_ns = house->weather.delay_ns};
    house->dies = false;
    house->life.io = bm_io_sim_new(bm_rng_u64(&house->rng));
    bm_io_sim_set_time(house->life.io, house->mono_ns, (house->mono_ns + house->wall_ahead_ns) / 1000000);
    bm_io_sim_set_knobs(house->life.io, &knobs);
    bm_disk_set_time(disk, bm_io_wall_ms(house->life.io));
    house->tally->lives++;
    lie_to_files(house);
    uint64_t crashes = bm_disk_crashes(disk);
    house->life.up = open_house(house, &fault) && bm_disk_crashes(disk) == crashes;
    snprintf(house->no_start, sizeof house->no_start, "%s", fault.detail);
    if (!house->life.up && house->calm) house_wrong(house, "the house does not open: %s", fault.detail);
    return house->life.up;
}

void house_server_stop(struct house *house) {
    house_clients_cut(house);
    house_field_cut(house);
    close_house(house);
}

void house_server_die(struct house *house, enum bm_disk_damage damage) {
    house_clients_cut(house);
    house_field_cut(house);
    house->dies = true;
    bm_disk_crash(disk, damage);
    close_house(house);
    house->dies = false;
}
