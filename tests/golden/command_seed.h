/* Seeds of fuzz_command (tests/fuzz): requests that a desk has taken. */
#ifndef BM_TESTS_COMMAND_SEED_H
#define BM_TESTS_COMMAND_SEED_H

#include "core/command.h"

/* FOLDER/WORD: the command's word, a line end, a byte for target and actor, its body; nothing when there is one already. */
void command_seed_write(const char *folder, struct bm_command *command);

#endif
