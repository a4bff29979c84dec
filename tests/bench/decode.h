/* What the files of bench_decode share: parts, which are tables of ways to do the same
 * work; what readers of uplinks take out of a document; simdjson's readers. */
#ifndef TESTS_BENCH_DECODE_H
#define TESTS_BENCH_DECODE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#define must(condition, what)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s failed\n", what);                                        \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

/* One way to do the work of a part. `run` returns the bytes that it wrote or read, 0 when
 * that says nothing. */
typedef struct bench_row {
    const char *name;
    size_t (*run)(void);
    size_t work; /* units that one run does; 0: as the part */
    int floor;   /* the row that it is compared with */
} bench_row;

typedef struct bench_part {
    const char *name;
    const char *title;
    const char *unit;    /* of the work, "frames" */
    size_t work;         /* units that one run of a row does */
    void (*begin)(void); /* compares what the rows give, too */
    void (*end)(void);
    const bench_row *rows; /* the last has no name */
} bench_part;

extern const bench_part bench_frames, bench_compact, bench_pretty, bench_formats;

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
