/* What every cmocka test includes first. */
#ifndef BM_TESTS_TESTING_H
#define BM_TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
