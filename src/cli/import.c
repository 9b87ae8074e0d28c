/* bellman login | import | export: own data in and out of a running desk, through its public API. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "client/client.h"

/* A desk reads at most 16 MiB; a file beyond that is sent no further than to be told so. */
enum { FILE_MAX = 17 << 20, TOKEN_MAX = 200, LINES_DEFAULT = 20, WAIT_MS = 120000 };

static const char usage[] = "usage: bellman login LOGIN --desk URL --token-file FILE\n"
                            "       bellman import KIND FILE --desk URL --token-file FILE [--apply] [--lines N]\n"
                            "       bellman export KIND [FILE] --desk URL --token-file FILE";

struct options {
    const char *desk, *token_file, *words[2];
    int word_count;
    bool apply;
    uint64_t lines;
    char token[TOKEN_MAX + 1];
};

static bool read_options(int argc, char **argv, struct options *options) {
    *options = (struct options){.lines = LINES_DEFAULT};
    for (int i = 0; i < argc; i++) {
        bool more = i + 1 < argc;
        char *end = NULL;
        if (strcmp(argv[i], "--desk") == 0 && more)
            options->desk = argv[++i];
        else if (strcmp(argv[i], "--token-file") == 0 && more)
            options->token_file = argv[++i];
        else if (strcmp(argv[i], "--lines") == 0 && more)
            options->lines = strtoull(argv[++i], &end, 10);
        else if (strcmp(argv[i], "--apply") == 0)
            options->apply = true;
        else if (argv[i][0] != '-' && options->word_count < 2)
            options->words[options->word_count++] = argv[i];
        else
            return false;
        if (end && *end) return false;
    }
    return options->desk && options->token_file && options->word_count > 0;
}

static bool read_all(const char *path, struct bm_buf *buf) {
    FILE *file = fopen(path, "rb");
    char piece[65536];
    size_t got;
    if (!file) return false;
    while (!buf->overflow && (got = fread(piece, 1, sizeof piece, file)) > 0) bm_buf_add(buf, piece, got);
    bool good = !ferror(file);
    return fclose(file) == 0 && good;
}

static int read_token(struct options *options) {
    struct bm_buf buf = bm_buf_make(TOKEN_MAX);
    bool good = read_all(options->token_file, &buf) && !buf.overflow;
    if (good) snprintf(options->token, sizeof options->token, "%s", bm_buf_c_text(&buf));
    options->token[strcspn(options->token, "\r\n")] = 0;
    bm_buf_free(&buf);
    if (good && options->token[0]) return 0;
    return bm_cli_fail(1, "the token file %s cannot be read or holds none; make one with: bellman login", options->token_file);
}

static int refused(const struct bm_client_answer *answer) {
    return bm_cli_fail(1, "%s", bm_client_complaint(answer));
}

/* --- login ------------------------------------------------------------------------------------ */

/* A line from standard input; at a terminal it is not shown while it is typed. */
static bool read_password(char *ret_text, size_t cap) {
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fputs("Password: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool good = fgets(ret_text, (int)cap, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    if (good) ret_text[strcspn(ret_text, "\r\n")] = 0;
    return good;
}

static int write_token(const char *path, const char *token) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool good = file && fchmod(fd, 0600) == 0 && fprintf(file, "%s\n", token) > 0;
    if (file && fclose(file) != 0) good = false;
    return good ? 0 : bm_cli_fail(1, "the token file %s cannot be written: %s", path, strerror(errno));
}

int bm_cli_login(int argc, char **argv) {
    struct options options;
    char password[300];
    if (!read_options(argc, argv, &options) || options.word_count != 1) return bm_cli_fail(2, "%s", usage);
    if (!read_password(password, sizeof password)) return bm_cli_fail(1, "give the password in the first line of the input");
    struct bm_client *client = bm_client_new(options.desk);
    json_t *body = json_pack("{s:s,s:s}", "login", options.words[0], "password", password);
    struct bm_client_request request = {.method = "POST", .path = "/v1/sessions", .body = body};
    struct bm_client_answer answer;
    explicit_bzero(password, sizeof password);
    bm_client_call(client, &request, &answer);
    const char *token = json_string_value(json_object_get(answer.body, "token"));
    int status = answer.status == 201 && token ? write_token(options.token_file, token) : refused(&answer);
    bm_client_answer_free(&answer);
    json_decref(body);
    bm_client_free(client);
    return status;
}

/* --- import ----------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static long long count_of(const json_t *object, const char *name) {
    return (long long)json_integer_value(json_object_get(object, name));
}

/* Every row that is wrong and some of the others, in the file's order. */
static void print_rows(const json_t *preview, uint64_t lines) {
    const json_t *rows = json_object_get(preview, "rows"), *row;
    uint64_t shown = 0, left_out = 0;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        const char *verdict = text_of(row, "verdict");
        bool wrong = strcmp(verdict, "wrong") == 0;
        if (strcmp(verdict, "same") == 0) continue;
        if (!wrong && shown++ >= lines) {
            left_out++;
            continue;
        }
        printf("%8lld  %-6s  %s", count_of(row, "row"), verdict, text_of(row, "key"));
        if (wrong) printf("  %s: %s", text_of(row, "column")[0] ? text_of(row, "column") : "row", text_of(row, "detail"));
        if (text_of(row, "changes")[0]) printf("  (%s)", text_of(row, "changes"));
        putchar('\n');
    }
    if (left_out) printf("          ... and %llu more (--lines N)\n", (unsigned long long)left_out);
}

static void print_preview(const json_t *preview, uint64_t lines) {
    const json_t *counts = json_object_get(preview, "counts");
    printf("%s, %s: %lld rows: %lld new, %lld changed, %lld the same, %lld wrong\n", text_of(preview, "form"), text_of(preview, "charset"),
           count_of(counts, "rows"), count_of(counts, "new"), count_of(counts, "change"), count_of(counts, "same"),
           count_of(counts, "wrong"));
    if (text_of(preview, "separator")[0] && strcmp(text_of(preview, "separator"), ",") != 0)
        printf("cells are separated by \"%s\"\n", text_of(preview, "separator")[0] == '\t' ? "tab" : text_of(preview, "separator"));
    print_rows(preview, lines);
}

/* What the desk says once it has the rows; set-up links of new people and secrets of new devices are shown here and never again. */
static void print_taken(const struct options *options, const json_t *taken) {
    const json_t *link, *secret;
    size_t i;
    printf("taken in: %lld new, %lld changed, %lld the same\n", count_of(taken, "new"), count_of(taken, "changed"), count_of(taken, "same"));
    json_array_foreach(json_object_get(taken, "links"), i, link)
        printf("%s  %s%s\n", text_of(link, "number"), options->desk, text_of(link, "path"));
    json_array_foreach(json_object_get(taken, "secrets"), i, secret)
        printf("%s %s  %s\n", text_of(secret, "protocol"), text_of(secret, "identity"), text_of(secret, "secret"));
}

static int apply(struct bm_client *client, const struct options *options, struct bm_client_request *request, const char *digest) {
    char path[200];
    struct bm_client_answer answer;
    snprintf(path, sizeof path, "/v1/imports/%.60s/apply?digest=%.64s", options->words[0], digest);
    request->path = path;
    bm_client_call(client, request, &answer);
    int status = answer.status == 200 ? 0 : refused(&answer);
    if (!status) print_taken(options, answer.body);
    bm_client_answer_free(&answer);
    return status;
}

static int import(struct bm_client *client, const struct options *options, const struct bm_buf *file) {
    const char *ends = strrchr(options->words[1], '.');
    bool geojson = ends && (strcmp(ends, ".geojson") == 0 || strcmp(ends, ".json") == 0);
    char path[100], digest[80];
    struct bm_client_answer answer;
    snprintf(path, sizeof path, "/v1/imports/%.60s", options->words[0]);
    struct bm_client_request request = {.method = "POST", .path = path, .token = options->token, .file = file->bytes,
                                        .file_len = file->len, .type = geojson ? "application/geo+json" : "text/csv",
                                        .wait_ms = WAIT_MS};
    bm_client_call(client, &request, &answer);
    int status = answer.status == 200 ? 0 : refused(&answer);
    bool ready = json_is_true(json_object_get(answer.body, "ready"));
    snprintf(digest, sizeof digest, "%s", text_of(answer.body, "digest"));
    if (!status) print_preview(answer.body, options->lines);
    if (!status && !ready) status = bm_cli_fail(1, "%s", text_of(answer.body, "obstacle"));
    bm_client_answer_free(&answer);
    if (!status && options->apply) return apply(client, options, &request, digest);
    if (!status) puts("nothing was changed; add --apply to take it in");
    return status;
}

int bm_cli_import(int argc, char **argv) {
    struct options options;
    struct bm_buf file = bm_buf_make(FILE_MAX);
    if (!read_options(argc, argv, &options) || options.word_count != 2) return bm_cli_fail(2, "%s", usage);
    int status = read_token(&options);
    if (!status && !read_all(options.words[1], &file))
        status = bm_cli_fail(1, "%s cannot be read: %s", options.words[1], strerror(errno));
    if (!status && (file.overflow || !file.len))
        status = bm_cli_fail(1, "%s is %s", options.words[1], file.overflow ? "longer than 16 MiB; divide it" : "empty");
    if (!status) {
        struct bm_client *client = bm_client_new(options.desk);
        status = import(client, &options, &file);
        bm_client_free(client);
    }
    bm_buf_free(&file);
    return status;
}

/* --- export ----------------------------------------------------------------------------------- */

static int write_out(const char *path, const struct bm_client_answer *answer) {
    FILE *file = path ? fopen(path, "wb") : stdout;
    bool good = file && fwrite(answer->text, 1, answer->len, file) == answer->len;
    if (file && path && fclose(file) != 0) good = false;
    if (file && !path && fflush(stdout) != 0) good = false;
    return good ? 0 : bm_cli_fail(1, "%s cannot be written: %s", path ? path : "the output", strerror(errno));
}

int bm_cli_export(int argc, char **argv) {
    struct options options;
    char path[120];
    if (!read_options(argc, argv, &options)) return bm_cli_fail(2, "%s", usage);
    int status = read_token(&options);
    if (status) return status;
    const char *kind = options.words[0];
    snprintf(path, sizeof path, "/v1/exports/%.60s.%s", kind, strcmp(kind, "areas") == 0 ? "geojson" : "csv");
    struct bm_client *client = bm_client_new(options.desk);
    struct bm_client_request request = {.method = "GET", .path = path, .token = options.token, .wait_ms = WAIT_MS};
    struct bm_client_answer answer;
    bm_client_call(client, &request, &answer);
    status = answer.status == 200 ? write_out(options.words[1], &answer) : refused(&answer);
    bm_client_answer_free(&answer);
    bm_client_free(client);
    return status;
}
