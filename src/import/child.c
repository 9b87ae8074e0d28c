#include "import/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

enum { READ_BYTES = 1 << 16, WORDS_MAX = 2048, NAME_BYTES = 200 };

struct bm_lines {
    char name[NAME_BYTES];
    int out, err; /* descriptors; -1: ended */
    pid_t child;  /* 0: none */
    char *bytes;  /* what was read and not given yet: [from, len) */
    size_t from, len, cap;
    size_t looked; /* no line end before this place */
    uint64_t number;
    bool at_end;
    char words[WORDS_MAX]; /* last of standard error */
    size_t words_len;
};

static struct bm_lines *lines_new(const char *name) {
    struct bm_lines *lines = bm_alloc_zero(1, sizeof *lines);
    snprintf(lines->name, sizeof lines->name, "%s", name);
    lines->out = lines->err = -1;
    return lines;
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* --- starting --------------------------------------------------------------------------------- */

static enum bm_code cannot_start(const char *program, const char *package, int error,
                                 struct bm_fault *fault) {
    if (error == ENOENT)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                            "The program %s is not installed: apt-get install %s.", program,
                            package);
    return bm_fault_set(fault, BM_IO, NULL, "%s cannot be started: %s.", program, strerror(error));
}

/* posix_spawnp with its three standard descriptors; 0 or errno. */
static int spawn(const char *const *argv, int in, int out, int err, pid_t *ret_child) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    if (in >= 0)
        error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    else
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    if (!error)
        error = posix_spawnp(ret_child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

enum bm_code bm_lines_run(const char *const *argv, const char *package, int input, const char *name,
                          struct bm_lines **ret_lines, struct bm_fault *fault) {
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        int error = errno;
        for (int i = 0; i < 2; i++) {
            close_fd(&out[i]);
            close_fd(&err[i]);
        }
        return cannot_start(argv[0], package, error, fault);
    }
    pid_t child = 0;
    int error = spawn(argv, input, out[1], err[1], &child);
    close_fd(&out[1]);
    close_fd(&err[1]);
    if (error) {
        close_fd(&out[0]);
        close_fd(&err[0]);
        return cannot_start(argv[0], package, error, fault);
    }
    struct bm_lines *lines = lines_new(name);
    lines->child = child;
    lines->out = out[0];
    lines->err = err[0];
    *ret_lines = lines;
    return BM_OK;
}

static bool ends_with(const char *text, const char *end) {
    size_t text_len = strlen(text), end_len = strlen(end);
    return text_len >= end_len && strcmp(text + text_len - end_len, end) == 0;
}

enum bm_code bm_lines_open(const char *path, struct bm_lines **ret_lines, struct bm_fault *fault) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bm_fault_set(fault, errno == ENOENT ? BM_NOT_FOUND : BM_IO, NULL,
                            "%s cannot be opened: %s.", path, strerror(errno));
    if (ends_with(path, ".gz")) {
        static const char *const argv[] = {"gzip", "-dc", NULL};
        enum bm_code code = bm_lines_run(argv, "gzip", fd, path, ret_lines, fault);
        close(fd);
        return code;
    }
    struct bm_lines *lines = lines_new(path);
    lines->out = fd;
    *ret_lines = lines;
    return BM_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Keeps the end of what the child says. */
static void take_words(struct bm_lines *lines) {
    char said[1024];
    ssize_t got = read(lines->err, said, sizeof said);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
        close_fd(&lines->err);
        return;
    }
    size_t len = (size_t)got;
    if (lines->words_len + len > WORDS_MAX - 1) {
        size_t drop = lines->words_len + len - (WORDS_MAX - 1);
        memmove(lines->words, lines->words + drop, lines->words_len - drop);
        lines->words_len -= drop;
    }
    memcpy(lines->words + lines->words_len, said, len);
    lines->words_len += len;
    lines->words[lines->words_len] = 0;
}

/* Waits until there is output to read, taking what is said meanwhile. */
static enum bm_code wait_output(struct bm_lines *lines, struct bm_fault *fault) {
    while (lines->err >= 0) {
        struct pollfd polled[2] = {{lines->out, POLLIN, 0}, {lines->err, POLLIN, 0}};
        if (poll(polled, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return bm_fault_set(fault, BM_IO, NULL, "Reading %s: %s.", lines->name,
                                strerror(errno));
        }
        if (polled[1].revents) take_words(lines);
        if (polled[0].revents) return BM_OK;
    }
    return BM_OK;
}

static enum bm_code read_more(struct bm_lines *lines, struct bm_fault *fault) {
    if (lines->from) {
        memmove(lines->bytes, lines->bytes + lines->from, lines->len - lines->from);
        lines->len -= lines->from;
        lines->looked -= lines->from;
        lines->from = 0;
    }
    if (lines->len > BM_LINE_MAX)
        return bm_fault_set(
            fault, BM_TOO_LONG, NULL,
            "%s, line %llu is longer than %d bytes: this is not a file of that kind.", lines->name,
            (unsigned long long)lines->number + 1, BM_LINE_MAX);
    if (lines->cap - lines->len < READ_BYTES + 1) {
        lines->cap = lines->cap * 2 + READ_BYTES * 4;
        lines->bytes = bm_realloc(lines->bytes, lines->cap);
    }
    enum bm_code code = wait_output(lines, fault);
    if (code) return code;
    ssize_t got;
    do {
        got = read(lines->out, lines->bytes + lines->len, READ_BYTES);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return bm_fault_set(fault, BM_IO, NULL, "Reading %s: %s.", lines->name, strerror(errno));
    lines->len += (size_t)got;
    if (got == 0) lines->at_end = true;
    return BM_OK;
}

enum bm_code bm_lines_next(struct bm_lines *lines, char **ret_line, size_t *ret_len,
                           struct bm_fault *fault) {
    for (;;) {
        char *end = lines->bytes
                        ? memchr(lines->bytes + lines->looked, '\n', lines->len - lines->looked)
                        : NULL;
        bool last = !end && lines->at_end;
        if (last && lines->from == lines->len) {
            *ret_line = NULL;
            *ret_len = 0;
            return BM_OK;
        }
        if (end || last) {
            char *line = lines->bytes + lines->from;
            size_t stop = end ? (size_t)(end - lines->bytes) : lines->len;
            size_t len = stop - lines->from;
            lines->from = lines->looked = end ? stop + 1 : stop;
            lines->bytes[stop] = 0;
            if (len && line[len - 1] == '\r') line[--len] = 0;
            lines->number++;
            *ret_line = line;
            *ret_len = len;
            return BM_OK;
        }
        lines->looked = lines->len;
        enum bm_code code = read_more(lines, fault);
        if (code) return code;
    }
}

uint64_t bm_lines_number(const struct bm_lines *lines) {
    return lines->number;
}

const char *bm_lines_name(const struct bm_lines *lines) {
    return lines->name;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* The child's last words as one short line. */
static void last_words(const struct bm_lines *lines, char *ret_text, size_t cap) {
    size_t len = lines->words_len;
    while (len && (lines->words[len - 1] == '\n' || lines->words[len - 1] == ' ')) len--;
    size_t from = len > cap - 1 ? len - (cap - 1) : 0;
    for (size_t i = from; i < len; i++) {
        unsigned char c = (unsigned char)lines->words[i];
        ret_text[i - from] = c < ' ' ? ' ' : (char)c;
    }
    ret_text[len - from] = 0;
}

static enum bm_code end_child(struct bm_lines *lines, struct bm_fault *fault) {
    bool cut = !lines->at_end;
    if (cut) kill(lines->child, SIGTERM);
    while (lines->err >= 0 && !cut) take_words(lines);
    int status = 0;
    while (waitpid(lines->child, &status, 0) < 0 && errno == EINTR) continue;
    if (cut || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return BM_OK;
    char words[200];
    last_words(lines, words, sizeof words);
    if (WIFSIGNALED(status))
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "%s: its reader was ended by signal %d. %s",
                            lines->name, WTERMSIG(status), words);
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "%s: %s", lines->name,
                        words[0] ? words : "its reader failed without a word.");
}

enum bm_code bm_lines_close(struct bm_lines *lines, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    close_fd(&lines->out);
    if (lines->child) code = end_child(lines, fault);
    close_fd(&lines->err);
    bm_free(lines->bytes);
    bm_free(lines);
    return code;
}

enum bm_code bm_child_run(const char *const *argv, const char *package,
                          void (*said)(void *context, const char *line), void *context,
                          struct bm_fault *fault) {
    struct bm_lines *lines;
    char *line;
    size_t len;
    enum bm_code code = bm_lines_run(argv, package, -1, argv[0], &lines, fault);
    if (code) return code;
    while ((code = bm_lines_next(lines, &line, &len, fault)) == BM_OK && line) {
        if (said) said(context, line);
    }
    enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
    return code ? code : ended;
}
