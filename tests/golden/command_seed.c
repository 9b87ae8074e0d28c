#include "command_seed.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/check.h"

void command_seed_write(const char *folder, struct bm_command *command) {
    const char *word = bm_command_word(command->kind);
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, word);
    FILE *file = fopen(path, "wx");
    if (!file) return; /* there is one */
    struct bm_buf buf = bm_buf_make(1 << 20);
    bm_buf_printf(&buf, "%s\n%c{", word, (int)(command->target << 4 | command->actor.v) & 0xff);
    bm_shape_write_json(bm_command_shape(command->kind), bm_command_args(command), &buf);
    bm_buf_text(&buf, "}");
    BM_CHECK(!buf.overflow && fwrite(buf.bytes, 1, buf.len, file) == buf.len && fclose(file) == 0);
    bm_buf_free(&buf);
}
