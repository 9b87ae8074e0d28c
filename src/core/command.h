#ifndef BM_CORE_COMMAND_H
#define BM_CORE_COMMAND_H
#include "core/entity.h"
struct bm_command;
#endif
