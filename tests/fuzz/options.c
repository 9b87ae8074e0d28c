/* What the fuzzers ask of the sanitizers; ASAN_OPTIONS and UBSAN_OPTIONS say otherwise.
 *
 * Memory that was freed is kept from use for 16 MB instead of 256: more than one input frees, so that none of its faults is missed,
 * and little enough to stay in the processor's cache.  What UBSan sees ends the run, as what ASan sees does: else it would be a line in a log, and no finding. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) {
    return "quarantine_size_mb=16";
}

const char *__ubsan_default_options(void) {
    return "halt_on_error=1:print_stacktrace=1";
}
