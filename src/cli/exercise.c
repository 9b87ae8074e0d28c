/* bellman exercise check FILE | play FILE --desk URL --login NAME: exercises at a training desk (sim/exercise.h). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/seal.h"
#include "cli/cli.h"
#include "sim/exercise.h"

static const char usage[] = "run: bellman exercise check FILE, or bellman exercise play FILE --desk URL --login NAME "
                            "[--password-file FILE] [--pace N] [--report OUT]";
enum { ROUND_MS = 100, PASSWORD_BYTES = 160, LINE_BYTES = 80 };

struct playing {
    const char *file, *desk, *login, *password_file, *report;
    double pace;
    char password[PASSWORD_BYTES];
};

static volatile sig_atomic_t asked_to_stop;

static void on_stop(int number) {
    (void)number;
    asked_to_stop = 1;
}

static void say(const char *what) {
    printf("%s\n", what);
    fflush(stdout);
}

/* The scenario of a file, or NULL after saying what is wrong with it. */
static struct bm_scenario *read_scenario(const char *path) {
    struct bm_buf buf = bm_buf_make(BM_FINDINGS_MAX * 1024 + 1024 * 1024);
    struct bm_findings findings = {0};
    struct bm_scenario *scenario = NULL;
    char block[8192];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file) {
        bm_cli_fail(1, "%s cannot be read: %s", path, strerror(errno));
        bm_buf_free(&buf);
        return NULL;
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0) bm_buf_add(&buf, block, got);
    fclose(file);
    if (buf.overflow)
        bm_cli_fail(1, "%s is longer than a scenario may be (1 MiB)", path);
    else
        scenario = bm_scenario_read(buf.bytes, buf.len, &findings);
    if (findings.count) {
        bm_buf_clear(&buf);
        bm_findings_print(&findings, path, &buf);
        fwrite(buf.bytes, 1, buf.len, stderr);
    }
    bm_buf_free(&buf);
    return scenario;
}

static int check(int argc, char **argv) {
    if (argc != 1) return bm_cli_fail(2, "%s", usage);
    struct bm_scenario *scenario = read_scenario(argv[0]);
    if (!scenario) return 1;
    printf("%s: %u calls in %d minutes\n", scenario->name, scenario->call_count, (int)(scenario->length_ms / 60000));
    bm_free(scenario);
    return 0;
}

/* From the file, or BELLMAN_PASSWORD: never an argument, which everybody on the machine could read. */
static int read_password(struct playing *playing) {
    const char *given = getenv("BELLMAN_PASSWORD");
    if (playing->password_file) {
        FILE *file = fopen(playing->password_file, "r");
        if (!file) return bm_cli_fail(1, "%s cannot be read: %s", playing->password_file, strerror(errno));
        if (!fgets(playing->password, sizeof playing->password, file)) playing->password[0] = 0;
        fclose(file);
        playing->password[strcspn(playing->password, "\r\n")] = 0;
    } else if (given) {
        snprintf(playing->password, sizeof playing->password, "%s", given);
    }
    if (playing->password[0]) return 0;
    return bm_cli_fail(2, "the password of %s stands in a file (--password-file FILE) or in BELLMAN_PASSWORD", playing->login);
}

static int read_options(int argc, char **argv, struct playing *playing) {
    *playing = (struct playing){.pace = 1};
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        char *end = NULL;
        if (argv[i][0] != '-' && !playing->file) {
            playing->file = argv[i];
            continue;
        }
        if (!value) return bm_cli_fail(2, "%s", usage);
        if (strcmp(argv[i], "--desk") == 0)
            playing->desk = value;
        else if (strcmp(argv[i], "--login") == 0)
            playing->login = value;
        else if (strcmp(argv[i], "--password-file") == 0)
            playing->password_file = value;
        else if (strcmp(argv[i], "--report") == 0)
            playing->report = value;
        else if (strcmp(argv[i], "--pace") == 0)
            playing->pace = strtod(value, &end);
        else
            return bm_cli_fail(2, "exercise does not know \"%s\"; %s", argv[i], usage);
        if (end && (*end || !(playing->pace >= 0.1 && playing->pace <= 200)))
            return bm_cli_fail(2, "--pace %s is not right: 0.1 to 200 times as fast as life", value);
        i++;
    }
    if (!playing->file || !playing->desk || !playing->login) return bm_cli_fail(2, "%s", usage);
    return read_password(playing);
}

/* What somebody types: p halts and goes on, f is twice as fast, s half, q ends. */
static void take_line(struct bm_exercise *exercise) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    char line[LINE_BYTES];
    bool paused;
    double pace = bm_exercise_pace(exercise, &paused);
    if (poll(&input, 1, 0) != 1 || !(input.revents & POLLIN)) return;
    ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
    if (got <= 0) return;
    if (line[0] == 'p') bm_exercise_steer(exercise, 0, !paused, false);
    if (line[0] == 'f' && pace < 100) bm_exercise_steer(exercise, pace * 2, -1, false);
    if (line[0] == 's' && pace > 0.2) bm_exercise_steer(exercise, pace / 2, -1, false);
    if (line[0] == 'q') bm_exercise_steer(exercise, 0, -1, true);
}

static int write_file(const char *report, const char *ending, const void *bytes, size_t len) {
    char path[600];
    snprintf(path, sizeof path, "%s%s", report, ending);
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(bytes, 1, len, file) == len;
    if (file && fclose(file) != 0) good = false;
    return good ? 0 : bm_cli_fail(1, "%s cannot be written: %s", path, strerror(errno));
}

static int write_report(struct bm_exercise *exercise, const char *path) {
    json_t *report = bm_exercise_report(exercise);
    struct bm_buf out = bm_buf_make(1024 * 1024);
    char *text = json_dumps(report, JSON_INDENT(2));
    bm_exercise_markdown(report, &out);
    int status = 0;
    if (!path)
        fwrite(out.bytes, 1, out.len, stdout);
    else if (!(status = write_file(path, ".md", out.bytes, out.len)))
        status = write_file(path, ".json", text, strlen(text));
    free(text);
    bm_buf_free(&out);
    json_decref(report);
    return status;
}

static int play(int argc, char **argv) {
    struct playing playing;
    struct bm_fault fault = {0};
    int status = read_options(argc, argv, &playing);
    struct bm_scenario *scenario = status ? NULL : read_scenario(playing.file);
    if (!scenario) return status ? status : 1;
    struct bm_client *client = bm_client_new(playing.desk);
    struct bm_exercise_options options = {playing.login, playing.password, playing.pace, say};
    struct bm_exercise *exercise = bm_exercise_begin(client, scenario, &options, &fault);
    signal(SIGINT, on_stop);
    signal(SIGTERM, on_stop);
    if (!exercise) {
        status = bm_cli_fail(1, "%s", fault.detail);
    } else {
        printf("%s: p and Enter halts and goes on, f faster, s slower, q ends\n", scenario->name);
        fflush(stdout);
        while (bm_exercise_round(exercise, ROUND_MS)) {
            take_line(exercise);
            if (asked_to_stop) bm_exercise_steer(exercise, 0, -1, true);
        }
        status = write_report(exercise, playing.report);
    }
    bm_exercise_free(exercise);
    bm_client_free(client);
    bm_free(scenario);
    bm_wipe(playing.password, sizeof playing.password);
    return status;
}

int bm_cli_exercise(int argc, char **argv) {
    if (argc > 0 && strcmp(argv[0], "check") == 0) return check(argc - 1, argv + 1);
    if (argc > 0 && strcmp(argv[0], "play") == 0) return play(argc - 1, argv + 1);
    return bm_cli_fail(2, "%s", usage);
}
