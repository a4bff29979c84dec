/* What the readers of the uplink bench take out of a document, and those of simdjson. */
#ifndef TESTS_BENCH_UPLINK_H
#define TESTS_BENCH_UPLINK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_PADDING 64 /* bytes behind a document that simdjson may read */

typedef struct bench_text {
    const char *ptr;
    size_t len;
} bench_text;

/* Twelve fields. */
typedef struct bench_facts {
    bench_text device, application, eui, session, payload, received;
    int64_t port, counter, spreading_factor, bandwidth;
    double rssi, snr;
} bench_facts;

/* 1, or 0 when it failed. */
int bench_simdjson_dom(const char *ptr, size_t len, bench_facts *out);
int bench_simdjson_ondemand(const char *ptr, size_t len, bench_facts *out);
/* The instructions it uses, "icelake". */
const char *bench_simdjson_name(void);

#ifdef __cplusplus
}
#endif

#endif
