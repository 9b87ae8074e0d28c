/* The program's subcommands; each has a file of its own.  Only here are rooms wired together. */
#ifndef BM_CLI_CLI_H
#define BM_CLI_CLI_H

#include <stdint.h>

/* Each takes what follows its name and returns the exit status: 0 done, 1 refused or found wrong, 2 wrong
 * usage. */
int bm_cli_serve(int argc, char **argv);
int bm_cli_journal(int argc, char **argv);
int bm_cli_backup(int argc, char **argv);
int bm_cli_restore(int argc, char **argv);
int bm_cli_upgrade(int argc, char **argv);
int bm_cli_rollback(int argc, char **argv);
int bm_cli_demo(int argc, char **argv);
int bm_cli_roads(int argc, char **argv);
int bm_cli_area(int argc, char **argv);
int bm_cli_procedure(int argc, char **argv);
int bm_cli_receipt(int argc, char **argv);
int bm_cli_login(int argc, char **argv);
int bm_cli_import(int argc, char **argv);
int bm_cli_export(int argc, char **argv);
int bm_cli_telephone(int argc, char **argv);

/* Prints "bellman: ..." to standard error and returns `status`. */
int bm_cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- roads.c, for area.c too ------------------------------------------------------------------ */
struct bm_road_counts;
int64_t bm_cli_now_ms(void);
/* A line of progress to standard error (struct bm_tell). */
void bm_cli_tell(void *context, const char *text);
/* What was imported, to standard output. */
void bm_cli_road_counts(const struct bm_road_counts *counts);

#endif
