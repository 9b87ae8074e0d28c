/* Forced into every C file by the build: functions that have no safe use here do not compile. */
#ifndef BM_BASE_BAN_H
#define BM_BASE_BAN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok gmtime localtime ctime    \
    asctime atoi atol atof rand srand tmpnam gets

#endif
