/* HTTP Basic authentication (RFC 7617), as devices send it.  Pure. */
#ifndef BM_INTAKE_BASIC_H
#define BM_INTAKE_BASIC_H

#include <stdbool.h>

enum { BM_BASIC_TEXT = 128 };

/* "Basic dXNlcjpwYXNz" -> "user", "pass"; false when it is anything else, or longer than there is room. */
bool bm_basic_read(const char *header, char ret_user[BM_BASIC_TEXT], char ret_password[BM_BASIC_TEXT]);

#endif
