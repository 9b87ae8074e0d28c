/* The program's subcommands; each has a file of its own.  Only here are rooms wired together. */
#ifndef BM_CLI_CLI_H
#define BM_CLI_CLI_H

/* Each takes what follows its name and returns the exit status: 0 done, 1 refused or found wrong, 2 wrong
 * usage. */
int bm_cli_serve(int argc, char **argv);
int bm_cli_journal(int argc, char **argv);
int bm_cli_backup(int argc, char **argv);
int bm_cli_restore(int argc, char **argv);
int bm_cli_demo(int argc, char **argv);

/* Prints "bellman: ..." to standard error and returns `status`. */
int bm_cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
