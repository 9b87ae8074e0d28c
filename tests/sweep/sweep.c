/* SWEEP=all: every call of every operation; else CASES of each kind (2 unless told), drawn from SEED.  ONLY=vault: operations
 * whose names have that in them; SOME=4: about every fourth of them, drawn; KIND=io: that alone.
 * ONE='append a row:io:once:17' repeats a single case. */
#include "sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#define LEAKS() __lsan_do_recoverable_leak_check()
#else
#define LEAKS() 0
#endif

enum { CASE_S = 120 };

#define KIND_WORD(name, word) word,
static const char *const kind_words[] = {BM_SWEEP_KINDS(KIND_WORD)};

/* What a case's process leaves behind. */
struct result {
    unsigned calls, failed;
    bool done, over;
    enum bm_code code;
    char wrong[500];
    uint64_t told[8];
};

static struct result *result; /* shared with the case's process */
static char work[64], before[96], folder[96], out[104], log_path[96];
static struct {
    unsigned operations, cases, failed_calls, ended, wrong;
    unsigned long calls;
} sum;

/* --- folders ---------------------------------------------------------------------------------- */

static void each_file(const char *dir, void (*act)(const char *path, const char *name)) {
    DIR *listing = opendir(dir);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char path[400];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        act(path, entry->d_name);
    }
    if (listing) closedir(listing);
}

static void remove_file(const char *path, const char *name) {
    (void)name;
    unlink(path);
}

static void copy_file(const char *path, const char *name) {
    char to[400], bytes[65536];
    snprintf(to, sizeof to, "%s/%s", folder, name);
    int in = open(path, O_RDONLY), copy = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    BM_CHECK(in >= 0 && copy >= 0);
    for (ssize_t got; (got = read(in, bytes, sizeof bytes)) > 0;) BM_CHECK(write(copy, bytes, (size_t)got) == got);
    close(in);
    close(copy);
}

static void fresh_folders(void) {
    each_file(folder, remove_file);
    each_file(out, remove_file);
    each_file(before, copy_file);
}

static struct bm_stage stage_in(const char *dir) {
    struct bm_stage stage = {.told = result->told};
    snprintf(stage.dir, sizeof stage.dir, "%s", dir);
    snprintf(stage.out, sizeof stage.out, "%s", out);
    return stage;
}

void bm_stage_close(struct bm_stage *stage) {
    bm_outbox_close(stage->outbox);
    bm_reader_close(stage->reader);
    bm_vault_close(stage->vault);
    bm_journal_close(stage->journal);
    stage->outbox = NULL;
    stage->reader = NULL;
    stage->vault = NULL;
    stage->journal = NULL;
}

/* --- one case, in its process ----------------------------------------------------------------- */

struct wanted {
    enum bm_sweep_kind kind;
    bool persistent;
    unsigned n;
};

static void wrong(const char *what, enum bm_code code, const struct bm_fault *fault) {
    if (!result->wrong[0]) snprintf(result->wrong, sizeof result->wrong, "%s: %s (%.280s)", what, bm_code_word(code), fault ? fault->detail : "");
}

/* A fault is told by its own name and with a sentence: nobody restores a backup because a cable was loose. */
static void judge(const struct bm_operation *operation, const struct wanted *wanted, enum bm_code code, const struct bm_fault *fault) {
    if (!fault->detail[0] || fault->code != code) wrong("the fault has no sentence", code, fault);
    bool damage = code == BM_CORRUPT && (wanted->kind == BM_SWEEP_SHORT || operation->finds_damage);
    if (code != BM_IO && code != BM_NO_SPACE && code != BM_BUSY && !damage) wrong("a fault of the disk or of memory is called something else", code, fault);
}

static enum bm_code act(const struct bm_operation *operation, struct bm_stage *stage, struct bm_fault *fault) {
    memset(fault, 0, sizeof *fault);
    enum bm_code code = operation->act(stage, fault);
    if (code == BM_OK) result->done = true;
    return code;
}

static void run_case(const struct bm_operation *operation, const struct wanted *wanted) {
    struct bm_stage stage = stage_in(folder);
    struct bm_fault fault = {0};
    enum bm_code code = operation->ready ? operation->ready(&stage, &fault) : BM_OK;
    if (code) wrong("it was not ready without a fault", code, &fault);
    bm_faults_arm(wanted->kind, wanted->n, wanted->persistent);
    code = act(operation, &stage, &fault);
    result->code = code;
    if (code) judge(operation, wanted, code, &fault);
    bool anew = code && (operation->fails_whole || (wanted->persistent && wanted->n % 2));
    if (anew) bm_stage_close(&stage); /* while the fault goes on */
    bm_faults_heal(&result->calls, &result->failed);
    if (anew && operation->ready && (code = operation->ready(&stage, &fault))) wrong("it does not open after healing", code, &fault);
    if (result->code && !result->wrong[0] && (code = act(operation, &stage, &fault))) wrong("it does not succeed after healing", code, &fault);
    bm_stage_close(&stage);
    if (LEAKS()) wrong("memory leaks", BM_OK, NULL);
    result->over = true;
    _exit(0);
}

/* --- one case, seen from here ----------------------------------------------------------------- */

static void read_log(char *text, size_t cap) {
    int fd = open(log_path, O_RDONLY);
    ssize_t len = fd >= 0 ? read(fd, text, cap - 1) : 0;
    text[len > 0 ? len : 0] = 0;
    if (fd >= 0) close(fd);
}

/* Our own end for want of memory: on purpose, with its sentence. */
static bool ended_well(int status, enum bm_sweep_kind kind) {
    char text[4096];
    read_log(text, sizeof text);
    return kind == BM_SWEEP_MEMORY && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
           (strstr(text, "memory for SQLite") || strstr(text, "event=out_of_memory"));
}

static void run_apart(const struct bm_operation *operation, const struct wanted *wanted) {
    memset(result, 0, sizeof *result);
    fresh_folders();
    fflush(NULL);
    pid_t child = fork();
    BM_CHECK(child >= 0);
    if (child == 0) {
        int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, 2) < 0) _exit(98);
        alarm(CASE_S);
        run_case(operation, wanted);
    }
    int status;
    BM_CHECK(waitpid(child, &status, 0) == child);
    if (result->over) return;
    if (ended_well(status, wanted->kind)) {
        sum.ended++;
        return;
    }
    if (!result->wrong[0]) snprintf(result->wrong, sizeof result->wrong, "its process ended with status %x", (unsigned)status);
}

/* Everything opened anew: what was acknowledged is there, and the operation succeeds. */
static void look_after(const struct bm_operation *operation) {
    struct bm_stage stage = stage_in(folder);
    const char *what = operation->look(&stage, result->done);
    if (what) wrong(what, BM_OK, NULL);
    bm_stage_close(&stage);
    struct bm_verify found;
    struct bm_fault fault = {0};
    char path[200];
    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (access(path, F_OK) != 0) return;
    enum bm_code code = bm_journal_verify(folder, NULL, &found, &fault);
    if (code) wrong(found.problem_count ? found.problems[0].text : "the record does not verify", code, &fault);
}

static bool one_case(const struct bm_operation *operation, const struct wanted *wanted) {
    run_apart(operation, wanted);
    if (!result->wrong[0]) look_after(operation);
    sum.cases++;
    sum.failed_calls += result->failed;
    if (!result->wrong[0]) return true;
    char text[3000];
    read_log(text, sizeof text);
    sum.wrong++;
    printf("FAILED: %s\n  again: ONE='%s:%s:%s:%u'\n%s", result->wrong, operation->name, kind_words[wanted->kind],
           wanted->persistent ? "on" : "once", wanted->n, text);
    return false;
}

/* --- which ------------------------------------------------------------------------------------ */

static uint64_t draw(void) {
    static uint64_t state;
    const char *seed = getenv("SEED");
    if (!state) state = (seed ? strtoull(seed, NULL, 10) : 1) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static unsigned number_of(const char *name, unsigned without) {
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : without;
}

static bool is_one(const struct bm_operation *operation, const struct wanted *wanted, const char *one) {
    char text[200];
    snprintf(text, sizeof text, "%s:%s:%s:%u", operation->name, kind_words[wanted->kind], wanted->persistent ? "on" : "once", wanted->n);
    return strcmp(text, one) == 0;
}

static void make_work(void) {
    const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    if (work[0]) return;
    snprintf(work, sizeof work, "%s/bm-sweep-XXXXXX", shm);
    BM_CHECK(mkdtemp(work));
    snprintf(before, sizeof before, "%s/before", work);
    snprintf(folder, sizeof folder, "%s/folder", work);
    snprintf(out, sizeof out, "%s/out", work);
    snprintf(log_path, sizeof log_path, "%s/log", work);
    BM_CHECK(mkdir(before, 0700) == 0 && mkdir(folder, 0700) == 0 && mkdir(out, 0700) == 0);
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BM_CHECK(result != MAP_FAILED);
}

unsigned bm_sweep(const struct bm_operation *operation) {
    const char *one = getenv("ONE"), *all = getenv("SWEEP");
    unsigned wrong_before = sum.wrong, cases = number_of("CASES", 2);
    if (getenv("ONLY") && !strstr(operation->name, getenv("ONLY"))) return 0;
    if (number_of("SOME", 1) > 1 && draw() % number_of("SOME", 1)) return 0;
    if (one && (strncmp(one, operation->name, strlen(operation->name)) != 0 || one[strlen(operation->name)] != ':')) return 0;
    make_work();
    each_file(before, remove_file);
    each_file(out, remove_file);
    struct bm_stage stage = stage_in(before);
    if (operation->make) operation->make(&stage);
    bm_stage_close(&stage);
    sum.operations++;
    printf("%s:", operation->name);
    for (int kind = 0; kind < BM_SWEEP_KIND_COUNT; kind++) {
        struct wanted wanted = {(enum bm_sweep_kind)kind, false, 0};
        if (kind == BM_SWEEP_SHORT && operation->no_short) continue;
        if (getenv("KIND") && strcmp(getenv("KIND"), kind_words[kind]) != 0) continue;
        if (!one_case(operation, &wanted)) return sum.wrong - wrong_before;
        unsigned calls = result->calls;
        if (result->code) {
            printf("FAILED: %s: without a fault: %s\n", operation->name, bm_code_word(result->code));
            sum.wrong++;
            return sum.wrong - wrong_before;
        }
        sum.calls += calls;
        printf(" %s %u", kind_words[kind], calls);
        fflush(stdout);
        bool every = one || (all && strcmp(all, "all") == 0) || 2 * calls <= cases;
        for (unsigned i = 0; i < (every ? 2 * calls : calls ? cases : 0); i++) {
            unsigned at = every ? i : (unsigned)(draw() % (2 * calls));
            wanted.n = at / 2 + 1;
            wanted.persistent = at % 2;
            if (one && !is_one(operation, &wanted, one)) continue;
            if (!one_case(operation, &wanted) && sum.wrong - wrong_before >= 10) return sum.wrong - wrong_before;
        }
    }
    printf("\n");
    return sum.wrong - wrong_before;
}

void bm_sweep_tell(void) {
    const char *seed = getenv("SEED");
    printf("torture: sweep operations=%u calls=%lu cases=%u failed_calls=%u ended_for_memory=%u wrong=%u seed=%s\n", sum.operations, sum.calls, sum.cases,
           sum.failed_calls, sum.ended, sum.wrong, seed ? seed : "1");
    if (!work[0]) return;
    each_file(before, remove_file);
    each_file(folder, remove_file);
    each_file(out, remove_file);
    rmdir(before);
    rmdir(folder);
    rmdir(out);
    unlink(log_path);
    rmdir(work);
}
