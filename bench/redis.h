/* Redis beside us: GEOADD, pipelined. */
#ifndef BENCH_REDIS_H
#define BENCH_REDIS_H

/* GEOADDs a second with 16 clients and a pipeline of 64, over `units` members; 0 when redis-server is not installed. */
double bench_redis_per_s(unsigned units, double for_s);

#endif
