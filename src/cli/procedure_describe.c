/* bellman procedure describe [--lang zh-Hans|zh-Hant|en] [--calendars FOLDER] FILE: the page of a procedure, for people, to
 * standard output.  A file that may not be published has none: what it says would not hold. */
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/procedures.h"
#include "procedure/describe.h"

struct request {
    const char *path, *calendars;
    enum bm_language language;
};

static bool read_language(const char *word, enum bm_language *ret_language) {
    for (int i = 0; i < BM_language_COUNT; i++) {
        if (strcmp(word, bm_language_words[i]) != 0) continue;
        *ret_language = (enum bm_language)i;
        return true;
    }
    return false;
}

/* 0, or the exit status of what was told on stderr. */
static int read_request(int argc, char **argv, struct request *ret_request) {
    struct request request = {.language = BM_EN};
    for (int i = 0; i < argc; i++) {
        bool valued = strcmp(argv[i], "--lang") == 0 || strcmp(argv[i], "--calendars") == 0;
        if (valued && i + 1 == argc) return bm_cli_fail(2, "%s needs a value behind it", argv[i]);
        if (strcmp(argv[i], "--lang") == 0) {
            if (!read_language(argv[++i], &request.language))
                return bm_cli_fail(2, "--lang is one of zh-Hans, zh-Hant, en, not \"%s\"", argv[i]);
        } else if (strcmp(argv[i], "--calendars") == 0) {
            request.calendars = argv[++i];
        } else if (argv[i][0] == '-') {
            return bm_cli_fail(2, "procedure describe does not know \"%s\"", argv[i]);
        } else if (request.path) {
            return bm_cli_fail(2, "procedure describe takes one file, and here is a second: %s", argv[i]);
        } else {
            request.path = argv[i];
        }
    }
    if (!request.path)
        return bm_cli_fail(2, "usage: bellman procedure describe [--lang zh-Hans|zh-Hant|en] [--calendars FOLDER] FILE");
    *ret_request = request;
    return 0;
}

static int describe(const struct request *request, const struct bm_calendars *calendars) {
    struct bm_procedure_file file;
    int status = 0;
    if (!bm_procedure_file_check(request->path, calendars, &file)) return 1;
    if (!file.procedure || file.findings.errors) {
        bm_procedure_file_print(&file, request->path, stderr);
        bm_procedure_file_free(&file);
        return bm_cli_fail(1, "%s may not be published, so there is no page of it", request->path);
    }
    struct bm_buf page = bm_buf_make(BM_DESCRIBE_BYTES_MAX);
    bm_procedure_describe(file.procedure, &file.result, request->language, &page);
    if (page.overflow)
        status = bm_cli_fail(1, "the page of %s would be longer than %d bytes", request->path, BM_DESCRIBE_BYTES_MAX);
    else if (fwrite(page.bytes, 1, page.len, stdout) != page.len || fflush(stdout) != 0)
        status = bm_cli_fail(1, "cannot write the page of %s", request->path);
    bm_buf_free(&page);
    bm_procedure_file_free(&file);
    return status;
}

int bm_cli_procedure_describe(int argc, char **argv) {
    struct request request = {0};
    struct bm_calendars calendars = {.count = 0};
    int status = read_request(argc, argv, &request);
    if (status) return status;
    if (request.calendars && !bm_calendars_load(request.calendars, &calendars)) return 1;
    status = describe(&request, request.calendars ? &calendars : NULL);
    bm_calendars_free(&calendars);
    return status;
}
