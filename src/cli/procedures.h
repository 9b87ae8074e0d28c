/* Procedure files from the disk, read and checked: for `bellman procedure check` and its sisters. */
#ifndef BM_CLI_PROCEDURES_H
#define BM_CLI_PROCEDURES_H

#include <stdio.h>

#include "cli/calendars.h"
#include "procedure/check.h"

struct bm_procedure_file {
    struct bm_yaml *yaml;
    struct bm_procedure *procedure; /* NULL when it does not read; `findings` say why */
    struct bm_findings findings;    /* sorted by place */
    struct bm_check_result result;  /* with a procedure */
};

/* Reads it and runs every check; with `calendars` (else NULL) its examples are played as well, once nothing else is wrong.
 * False, and told on stderr, when there is no reading the file; else the caller frees it. */
bool bm_procedure_file_check(const char *path, const struct bm_calendars *calendars, struct bm_procedure_file *ret_file);
void bm_procedure_file_free(struct bm_procedure_file *file);
void bm_procedure_file_print(const struct bm_procedure_file *file, const char *path, FILE *to);

/* bellman procedure describe ...: what follows "describe". */
int bm_cli_procedure_describe(int argc, char **argv);

#endif
