/* Many runs of a simulator, one for each seed, in processes side by side; what fails says how to repeat it. */
#ifndef BM_TESTS_SIMULATION_SEEDS_H
#define BM_TESTS_SIMULATION_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEDS_WORKERS = 2, SEEDS_WRONG = 800 };

struct seeds {
    /* One honest run; false when something is wrong: ret_wrong has room for SEEDS_WRONG bytes. It adds to `tally`. */
    bool (*run)(uint64_t seed, void *tally, char *ret_wrong);
    void *tally;             /* nothing but uint64_t: those of all processes are added to it */
    size_t tally_size;
    void (*begin)(void);     /* in each process, before its first run and after its last */
    void (*end)(void);
    void (*print)(double seconds); /* the tally, also when the runs end at a finding */
};

/* First of all: whatever ends the process says what was running. */
void seeds_watch(const char *program);
/* "SEED=7 BACKEND=memory" and the program: what repeats the run that begins now. */
void seeds_running(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *seeds_now_running(void);
/* A number of the environment. */
uint64_t seeds_number(const char *name, uint64_t otherwise);
/* Seeds `from` to `from` + `count` - 1.  Each process ends at its first finding, unless GO_ON is set; fails the test when there was
 * one, and prints all of them. */
void seeds_hold(const struct seeds *seeds, uint64_t from, uint64_t count);

#endif
