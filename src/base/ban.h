/* Forced into every C file by the build: functions that have no safe use here do not compile. */
#ifndef BM_BASE_BAN_H
#define BM_BASE_BAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some of them are macros in a fortified build. */
#undef sprintf
#undef vsprintf
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef gets
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok gmtime localtime ctime    \
    asctime atoi atol atof rand srand tmpnam gets

#endif
