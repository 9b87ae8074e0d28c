/* A file of rows: whatever it is, it is read to its end or refused; what was read, written again and read, is the same. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "import/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One row as bm_csv_put writes it. */
static void check_again(const char *const *cells, size_t count) {
    struct bm_buf written = bm_buf_make(4u << 20);
    const char *again[BM_CSV_CELLS_MAX];
    struct bm_fault fault;
    bool first = true;
    size_t read;
    uint64_t line;
    for (size_t i = 0; i < count; i++) bm_csv_put(&written, &first, cells[i]);
    bm_buf_text(&written, "\r\n");
    struct bm_csv csv = bm_csv_make(bm_buf_c_text(&written), written.len);
    csv.separator = ',';
    enum bm_code code = bm_csv_next(&csv, again, &read, &line, &fault);
    BM_CHECK(!code);
    bool nothing = count == 1 && !cells[0][0]; /* an empty line is no row */
    BM_CHECK(read == (nothing ? 0 : count));
    for (size_t i = 0; i < read; i++) BM_CHECK(strcmp(cells[i], again[i]) == 0);
    bm_csv_free(&csv);
    bm_buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bm_buf text = bm_buf_make(4u << 20);
    struct bm_fault fault;
    const char *charset, *cells[BM_CSV_CELLS_MAX];
    size_t count;
    uint64_t line;
    if (!bm_text_read(data, size, &text, &charset, &fault)) {
        struct bm_csv csv = bm_csv_make(bm_buf_c_text(&text), text.len);
        for (size_t rows = 0; rows <= size + 1; rows++) {
            enum bm_code code = bm_csv_next(&csv, cells, &count, &line, &fault);
            if (!code && !count) break;
            BM_CHECK(rows <= size);
            if (!code) check_again(cells, count);
        }
        bm_csv_free(&csv);
    }
    bm_buf_free(&text);
    return 0;
}
