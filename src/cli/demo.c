/* bellman demo: makes the city once, starts a desk for it as a child, sets it up once, and lets it
 * live.
 *
 *   DIR/city.osm, .pbf    the city, as the world would have it
 *   DIR/area/             roads, base map, addresses: by `bellman area`, as of a real city
 *   DIR/desk/, desk.log   the desk's record and its log
 *   DIR/demo.json         what GET /v1/demo shows, once its accounts are there
 *   DIR/made, DIR/ready   which city; the set-up is complete
 *
 * Everything that takes long is made under another name first, so that an interrupted start is
 * completed by the next. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "sim/furnish.h"
#include "sim/town.h"

/* Rises with every change of the generator or of the import after which a kept city would be
 * another one. */
enum {
    CITY_FORMAT = 1,
    PATH_TEXT = 600,
    START_WAIT_MS = 120000,
    STOP_WAIT_MS = 20000,
    LOG_TAIL_BYTES = 2000
};

struct options {
    const char *dir, *attach, *city_file;
    char host[64];
    unsigned port;
    uint64_t seed;
    int units;
    struct bm_town_options town;
};
struct demo {
    struct options options;
    struct bm_city *city;
    struct bm_roster *roster;
    pid_t desk;
    int desk_out;
    char url[128], link[96]; /* of the desk, when it runs; the one-time token, when there is no
                                administrator yet */
};

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t furnishing; /* the desk that is being set up; 0: none */

/* A set-up is one long row of requests: it ends when nobody answers them. */
static void on_signal(int number) {
    (void)number;
    stopping = 1;
    if (furnishing > 0) kill(furnishing, SIGTERM);
}

static void told(const char *what) {
    printf("== %s\n", what);
    fflush(stdout);
}

static void told_step(const char *what) {
    printf("== setting up the desk: %s\n", what);
    fflush(stdout);
}

/* --- options ---------------------------------------------------------------------------------- */

static bool read_listen(const char *text, struct options *options) {
    char after;
    return sscanf(text, "%63[^:]:%5u%c", options->host, &options->port, &after) == 2 &&
           options->port <= 65535;
}

static bool read_number(const char *text, double least, double most, double *ret) {
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end || !(number >= least && number <= most)) return false;
    *ret = number;
    return true;
}

static int read_options(int argc, char **argv, struct options *options) {
    double number = 0;
    *options = (struct options){.dir = "build/demo",
                                .host = "127.0.0.1",
                                .port = 8110,
                                .seed = 1,
                                .units = BM_ROSTER_UNITS_MAX,
                                .town = {.pace = 2, .told = told}};
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool ok = value != NULL;
        if (strcmp(name, "--no-humans") == 0) {
            options->town.no_humans = true;
            continue;
        }
        if (ok && strcmp(name, "--data") == 0)
            options->dir = value;
        else if (ok && strcmp(name, "--attach") == 0)
            options->attach = value;
        else if (ok && strcmp(name, "--city") == 0)
            options->city_file = value;
        else if (ok && strcmp(name, "--listen") == 0)
            ok = read_listen(value, options);
        else if (ok && strcmp(name, "--seed") == 0) {
            ok = read_number(value, 0, 1e9, &number);
            options->seed = (uint64_t)number;
        } else if (ok && strcmp(name, "--units") == 0) {
            ok = read_number(value, 1, BM_ROSTER_UNITS_MAX, &number);
            options->units = (int)number;
        } else if (ok && strcmp(name, "--pace") == 0)
            ok = read_number(value, 0.5, 60, &options->town.pace);
        else if (ok && strcmp(name, "--gap") == 0) {
            ok = read_number(value, 5, 3600, &number);
            options->town.gap_s = (unsigned)number;
        } else
            return bm_cli_fail(
                2, "demo does not know \"%s\", or it needs a value; run: bellman help", name);
        if (!ok) return bm_cli_fail(2, "\"%s %s\" is not right; run: bellman help", name, value);
        i++;
    }
    return 0;
}

/* --- files and programs ----------------------------------------------------------------------- */

static void path_of(const struct demo *demo, const char *name, char ret_path[PATH_TEXT]) {
    snprintf(ret_path, PATH_TEXT, "%s/%s", demo->options.dir, name);
}

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

/* Whole or not at all: under another name, synced, renamed. */
static int write_file(const char *path, const void *bytes, size_t len) {
    char part[PATH_TEXT + 8];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "wb");
    bool good = file && fwrite(bytes, 1, len, file) == len && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;
    if (file && fclose(file) != 0) good = false;
    if (good && rename(part, path) == 0) return 0;
    return bm_cli_fail(1, "%s cannot be written: %s", path, strerror(errno));
}

static int make_dir(const char *path) {
    if (mkdir(path, 0755) == 0 || errno == EEXIST) return 0;
    if (errno == ENOENT) { /* one folder above may be missing: build/demo */
        char above[PATH_TEXT];
        snprintf(above, sizeof above, "%s", path);
        char *slash = strrchr(above, '/');
        if (slash && slash != above) {
            *slash = 0;
            if (make_dir(above) == 0 && mkdir(path, 0755) == 0) return 0;
        }
    }
    return bm_cli_fail(1, "%s cannot be made: %s", path, strerror(errno));
}

static pid_t start_program(const char *const arguments[], int out, int err) {
    pid_t parent = getpid(), child = fork();
    if (child != 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* a demo that is killed takes its desk with it */
    if (getppid() != parent) _exit(127);
    if (out >= 0) dup2(out, STDOUT_FILENO);
    if (err >= 0) dup2(err, STDERR_FILENO);
    execvp(arguments[0], (char *const *)arguments); /* execvp changes none of them */
    fprintf(stderr, "bellman: %s cannot be run: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

/* Runs it to its end; its exit status, 128 + signal, or -1.  What it prints goes to `log`, NULL: to
 * the terminal. */
static int run_program(const char *const arguments[], const char *log) {
    int status, out = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    pid_t child = start_program(arguments, out, -1);
    if (out >= 0) close(out);
    if (child < 0) return -1;
    pid_t ended;
    for (bool told_to_end = false; (ended = waitpid(child, &status, WNOHANG)) == 0;) {
        if (stopping && !told_to_end) kill(child, SIGTERM); /* Ctrl-C: it goes, too */
        told_to_end = stopping;
        poll(NULL, 0, 20);
    }
    if (ended < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- the city and its map --------------------------------------------------------------------- */

static int write_city(const struct bm_city *city, const char *path) {
    struct bm_buf out = bm_buf_make(BM_CITY_XML_MAX);
    bm_city_write(city, &out);
    int status = out.overflow
                     ? bm_cli_fail(1, "the city does not fit into %d bytes", BM_CITY_XML_MAX)
                     : write_file(path, out.bytes, out.len);
    bm_buf_free(&out);
    return status;
}

static void stamp_of(const struct demo *demo, char ret_stamp[64]) {
    snprintf(ret_stamp, 64, "city %" PRIu64 " format %d\n", demo->options.seed, CITY_FORMAT);
}

static bool file_says(const char *path, const char *text) {
    char bytes[64] = "";
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    return len == strlen(text) && strcmp(bytes, text) == 0;
}

/* Another seed is another city: its desk begins anew, and the former one is put aside, not lost. */
static int put_former_aside(const struct demo *demo, const char *stamp) {
    char made[PATH_TEXT], desk[PATH_TEXT], ready[PATH_TEXT], area[PATH_TEXT], aside[PATH_TEXT + 32];
    path_of(demo, "made", made);
    path_of(demo, "desk", desk);
    path_of(demo, "ready", ready);
    path_of(demo, "area", area);
    if (!is_there(made) || file_says(made, stamp)) return 0;
    time_t now = time(NULL);
    unlink(ready);
    unlink(made);
    if (is_there(desk)) {
        snprintf(aside, sizeof aside, "%s-before-%lld", desk, (long long)now);
        if (rename(desk, aside) != 0)
            return bm_cli_fail(1, "%s cannot be put aside: %s", desk, strerror(errno));
        printf("== another city was here; its desk is kept in %s\n", aside);
    }
    if (is_there(area)) {
        snprintf(aside, sizeof aside, "%s-before-%lld", area, (long long)now);
        if (rename(area, aside) != 0)
            return bm_cli_fail(1, "%s cannot be put aside: %s", area, strerror(errno));
    }
    return 0;
}

/* The same way as a real city's: an extract, then `bellman area`. */
static int import_city(const struct demo *demo) {
    char osm[PATH_TEXT], pbf[PATH_TEXT], part[PATH_TEXT], area[PATH_TEXT], self[PATH_TEXT],
        log[PATH_TEXT];
    path_of(demo, "area.log", log);
    path_of(demo, "city.osm", osm);
    path_of(demo, "city.osm.pbf", pbf);
    path_of(demo, "area.part", part);
    path_of(demo, "area", area);
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0) return bm_cli_fail(1, "the program cannot find itself: %s", strerror(errno));
    self[len] = 0;
    told("making the city");
    int status = write_city(demo->city, osm);
    if (status) return status;
    const char *cat[] = {"osmium", "cat", "--no-progress", "--overwrite", "-o", pbf, osm, NULL};
    char whose[2 * BM_CITY_NAME_TEXT + 64]; /* nobody surveyed it */
    snprintf(whose, sizeof whose, "%s is invented %s为虚构", demo->city->name_en, demo->city->name);
    const char *take[] = {self, "area", pbf, part, "--attribution", whose, NULL};
    const char *clear[] = {"rm", "-rf", part, NULL};
    status = run_program(clear, NULL);
    if (stopping) return 1;
    if (status) return bm_cli_fail(1, "%s cannot be removed", part);
    status = run_program(cat, NULL);
    if (stopping) return 1;
    if (status)
        return bm_cli_fail(
            1, "osmium ended with %d; is osmium-tool installed? (sh tools/install.sh run)", status);
    told("making its roads, base map and address index");
    status = run_program(take, log);
    if (stopping) return 1;
    if (status)
        return bm_cli_fail(1, "bellman area ended with %d; what it said stands above", status);
    if (rename(part, area) != 0)
        return bm_cli_fail(1, "%s cannot be renamed: %s", part, strerror(errno));
    return 0;
}

static int prepare(struct demo *demo) {
    char stamp[64], made[PATH_TEXT], shown[PATH_TEXT], area[PATH_TEXT];
    stamp_of(demo, stamp);
    path_of(demo, "made", made);
    path_of(demo, "demo.json", shown);
    path_of(demo, "area", area);
    int status = make_dir(demo->options.dir);
    if (!status) status = put_former_aside(demo, stamp);
    if (!status && !is_there(area)) status = import_city(demo);
    if (!status) status = write_file(made, stamp, strlen(stamp));
    if (!status && unlink(shown) != 0 && errno != ENOENT)
        return bm_cli_fail(1, "%s cannot be removed: %s", shown, strerror(errno));
    return status;
}

/* --- the desk --------------------------------------------------------------------------------- */

/* Said before anything is started, with the mend: a busy port is what people meet first. */
static int check_port(const struct options *options) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options->port)};
    int on = 1, status = 0;
    if (inet_pton(AF_INET, options->host, &address.sin_addr) != 1)
        return 0; /* the desk says what is wrong with it */
    int test = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (test < 0) return bm_cli_fail(1, "no socket: %s", strerror(errno));
    setsockopt(test, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(test, (struct sockaddr *)&address, sizeof address) != 0 && errno == EADDRINUSE)
        status = bm_cli_fail(1, "port %u is in use; take another one: PORT=%u make run",
                             options->port, options->port < 60000 ? options->port + 1 : 9000);
    close(test);
    return status;
}

static void show_log(const struct demo *demo) {
    char path[PATH_TEXT], text[LOG_TAIL_BYTES + 1];
    path_of(demo, "desk.log", path);
    FILE *file = fopen(path, "rb");
    if (!file) return;
    if (fseek(file, -LOG_TAIL_BYTES, SEEK_END) != 0) rewind(file);
    size_t len = fread(text, 1, LOG_TAIL_BYTES, file);
    fclose(file);
    text[len] = 0;
    fprintf(stderr, "%s\n(from %s)\n", text, path);
}

static void read_welcome(struct demo *demo, const char *text) {
    const char *url = strstr(text, "http://"), *link = strstr(text, "/setup#");
    snprintf(demo->url, sizeof demo->url, "%.*s", (int)strcspn(url, " \n"), url);
    if (link)
        snprintf(demo->link, sizeof demo->link, "%.*s", (int)strcspn(link + 7, " \n"), link + 7);
}

/* Until the desk says where it listens. */
static int await_desk(struct demo *demo) {
    char text[2048];
    size_t len = 0;
    int waited = 0;
    while (!stopping && waited < START_WAIT_MS) {
        struct pollfd wait = {.fd = demo->desk_out, .events = POLLIN};
        int ready = poll(&wait, 1, 250);
        waited += ready == 0 ? 250 : 0;
        if (ready <= 0) continue;
        ssize_t got = read(demo->desk_out, text + len, sizeof text - 1 - len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        len += (size_t)got;
        text[len] = 0;
        if (strstr(text, "listens on http://") && text[len - 1] == '\n') {
            read_welcome(demo, text);
            return 0;
        }
    }
    if (stopping) return 1;
    show_log(demo);
    return bm_cli_fail(1, "the desk did not start");
}

static int start_desk(struct demo *demo) {
    char self[PATH_TEXT], data[PATH_TEXT], log[PATH_TEXT], listen[96], roads[PATH_TEXT],
        tiles[PATH_TEXT], addresses[PATH_TEXT], shown[PATH_TEXT];
    int out[2];
    path_of(demo, "desk", data);
    path_of(demo, "desk.log", log);
    path_of(demo, "area/roads.bmr", roads);
    path_of(demo, "area/map.mbtiles", tiles);
    path_of(demo, "area/addresses.db", addresses);
    path_of(demo, "demo.json", shown);
    snprintf(listen, sizeof listen, "%s:%u", demo->options.host, demo->options.port);
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0 || pipe2(out, O_CLOEXEC) != 0)
        return bm_cli_fail(1, "the desk cannot be started: %s", strerror(errno));
    self[len] = 0;
    int err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (err < 0) return bm_cli_fail(1, "%s cannot be written: %s", log, strerror(errno));
    const char *arguments[] = {self,          "serve",   "--data", data,      "--listen",
                               listen,        "--roads", roads,    "--tiles", tiles,
                               "--addresses", addresses, "--demo", shown,     "--no-time-service", /* nothing in it is real */
                               NULL};
    told("starting the desk");
    demo->desk = start_program(arguments, out[1], err);
    close(out[1]);
    close(err);
    demo->desk_out = out[0];
    if (demo->desk < 0) return bm_cli_fail(1, "the desk cannot be started: %s", strerror(errno));
    return await_desk(demo);
}

/* True when it has ended; `ret_status` as waitpid gives it. */
static bool desk_ended(struct demo *demo, int *ret_status) {
    if (demo->desk <= 0 || waitpid(demo->desk, ret_status, WNOHANG) != demo->desk) return false;
    demo->desk = 0;
    return true;
}

static void stop_desk(struct demo *demo) {
    int status;
    if (demo->desk <= 0) return;
    kill(demo->desk, SIGTERM);
    for (int waited = 0; waited < STOP_WAIT_MS; waited += 50) {
        if (desk_ended(demo, &status)) return;
        poll(NULL, 0, 50);
    }
    bm_cli_fail(
        1, "the desk does not end by itself; it is killed, and loses nothing that it confirmed");
    kill(demo->desk, SIGKILL);
    waitpid(demo->desk, &status, 0);
    demo->desk = 0;
}

/* --- living ----------------------------------------------------------------------------------- */

/* The log-in page offers the ready accounts from now on, and not before they are there. */
static int show_accounts(struct demo *demo) {
    char shown[PATH_TEXT];
    path_of(demo, "demo.json", shown);
    struct bm_buf out = bm_buf_make(64 * 1024);
    bm_roster_write_demo(demo->roster, demo->city, demo->options.town.pace, &out);
    int status = write_file(shown, out.bytes, out.len);
    bm_buf_free(&out);
    return status;
}

static int furnish(struct demo *demo, struct bm_client *client) {
    char ready[PATH_TEXT], stamp[64];
    struct bm_fault fault = {0};
    path_of(demo, "ready", ready);
    stamp_of(demo, stamp);
    if (!demo->link[0] && file_says(ready, stamp)) return 0;
    furnishing = demo->desk;
    enum bm_code code = stopping ? BM_IO
                                 : bm_furnish(client, demo->city, demo->roster,
                                              demo->link[0] ? demo->link : NULL, told_step, &fault);
    furnishing = 0;
    if (stopping && code) return 1;
    if (code)
        return bm_cli_fail(1,
                           "the desk was not set up: %s. Start again: what is there stays, what is "
                           "missing is made",
                           fault.detail);
    return write_file(ready, stamp, strlen(stamp));
}

static void welcome(const struct demo *demo) {
    printf("\n  %s %s is on duty:  %s\n\n", demo->city->name, demo->city->name_en, demo->url);
    for (int i = 0; i < demo->roster->person_count; i++) {
        const struct bm_roster_person *person = &demo->roster->people[i];
        bool human = person->unit == BM_ROSTER_NONE && !person->automatic &&
                     strcmp(person->login, "gateway") != 0;
        if (human)
            printf("    %-12s %-12s %s\n", person->roles[0], person->login, person->password);
    }
    printf("\n  The page has a button for each of them. Claim the ringing call, open a case, press "
           "D, watch the crew drive, close it.\n"
           "  Time runs %g times as fast as life. Ctrl-C stops; the next start goes on; make "
           "demo-reset begins afresh.\n\n",
           demo->options.town.pace);
    fflush(stdout);
}

static int live(struct demo *demo, struct bm_client *client) {
    int result = 0, status;
    struct bm_town *town = bm_town_new(client, demo->city, demo->roster, &demo->options.town);
    while (!stopping) {
        bm_town_round(town, 200);
        if (stopping || demo->options.attach || !desk_ended(demo, &status)) continue;
        show_log(demo);
        if (WIFEXITED(status))
            result = bm_cli_fail(1, "the desk has ended with status %d", WEXITSTATUS(status));
        else
            result = bm_cli_fail(1, "the desk was ended by signal %d", WTERMSIG(status));
        break;
    }
    struct bm_town_figures figures = bm_town_figures(town);
    printf("== calls %" PRIu64 ", cases %" PRIu64 ", dispatches %" PRIu64 ", arrivals %" PRIu64
           ", cleared %" PRIu64 ", closed %" PRIu64 ", positions %" PRIu64 ", refused %" PRIu64
           ", desk lost %" PRIu64 "\n",
           figures.calls, figures.cases, figures.dispatches, figures.arrivals, figures.clears,
           figures.closes, figures.positions, figures.refusals, figures.losses);
    bm_town_free(town);
    return result;
}

static int demonstrate(struct demo *demo) {
    int status = 0;
    if (demo->options.attach) {
        snprintf(demo->url, sizeof demo->url, "%.100s", demo->options.attach);
    } else {
        if (demo->options.port) status = check_port(&demo->options);
        if (!status) status = prepare(demo);
        if (!status) status = start_desk(demo);
    }
    if (!status && !stopping) {
        struct bm_client *client = bm_client_new(demo->url);
        if (!demo->options.attach) status = furnish(demo, client);
        if (!demo->options.attach && !status && !stopping) status = show_accounts(demo);
        if (!status && !stopping) {
            welcome(demo);
            status = live(demo, client);
        }
        bm_client_free(client);
    }
    stop_desk(demo);
    if (demo->desk_out > 0) close(demo->desk_out);
    return stopping ? 0 : status;
}

int bm_cli_demo(int argc, char **argv) {
    struct demo demo = {.desk_out = -1};
    int status = read_options(argc, argv, &demo.options);
    if (status) return status;
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waiting ends */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    demo.city = bm_city_new(demo.options.seed);
    if (demo.options.city_file) {
        status = write_city(demo.city, demo.options.city_file);
    } else {
        demo.roster = bm_alloc(sizeof *demo.roster);
        bm_roster_make(demo.city, demo.options.units, demo.roster);
        status = demonstrate(&demo);
        bm_free(demo.roster);
    }
    bm_city_free(demo.city);
    return status;
}
