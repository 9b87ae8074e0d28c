/* Runs a fuzz target on every file of a folder, so that what fuzzing found stays found under any
 * compiler:  replay_x tests/fuzz/corpus/x  prints "N inputs replayed". */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of all plain files of `folder`, sorted; exits when it cannot be read. */
static char **list_files(const char *folder, size_t *ret_count) {
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "replay: cannot open the folder %s\n", folder);
        exit(2);
    }
    char **paths = NULL;
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        char path[4096];
        struct stat status;
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (len < 0 || (size_t)len >= sizeof path) continue;
        if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        paths = bm_realloc(paths, (count + 1) * sizeof *paths);
        paths[count++] = bm_text_copy(path);
    }
    closedir(dir);
    if (count) qsort(paths, count, sizeof *paths, by_name);
    *ret_count = count;
    return paths;
}

static void replay(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "replay: cannot open %s\n", path);
        exit(2);
    }
    size_t len = 0;
    size_t cap = 4096;
    uint8_t *bytes = bm_alloc(cap);
    size_t got;
    while ((got = fread(bytes + len, 1, cap - len, file)) > 0) {
        len += got;
        if (len == cap) bytes = bm_realloc(bytes, cap *= 2);
    }
    fclose(file);
    /* Of exactly the length, so that a sanitizer sees a read past the end. */
    uint8_t *exact = bm_alloc(len);
    memcpy(exact, bytes, len);
    bm_free(bytes);
    LLVMFuzzerTestOneInput(exact, len);
    bm_free(exact);
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    size_t file_count = 0;
    char **paths = list_files(arguments[1], &file_count);
    for (size_t i = 0; i < file_count; i++) {
        replay(paths[i]);
        bm_free(paths[i]);
    }
    bm_free(paths);
    printf("%zu inputs replayed\n", file_count);
    return file_count ? 0 : 1;
}
