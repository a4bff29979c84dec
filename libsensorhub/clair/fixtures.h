/* Inside a set of fixtures. */
#ifndef SHUB_CLAIR_FIXTURES_H
#define SHUB_CLAIR_FIXTURES_H

#include <sensorhub/clair.h>

#include "base/buf.h"
#include "base/table.h"
#include "clair/node.h"

enum { SHUB__FIXTURE_KEY = SHUB__NODE_LEN + sizeof(int64_t) };

typedef struct shub__fixture {
    shub__entry entry;
    char key[SHUB__FIXTURE_KEY]; /* node and second */
    int is_new;
    size_t number; /* in the order they were added */
    shub_clair_sample sample;
} shub__fixture;

typedef struct shub__fixture_block shub__fixture_block;

struct shub_clair_fixtures {
    shub__table table;
    shub__fixture_block *blocks; /* the last first */
    size_t count;                /* in them all */
    shub__buf text;              /* what was written */
    shub_clair_report report;
};

/* Notes that the database has a sample. Errors: SHUB_E_LIMIT, SHUB_E_NOMEM. */
shub_status shub__fixtures_know(shub_clair_fixtures *fixtures,
                                const unsigned char node[SHUB__NODE_LEN], int64_t time_s,
                                shub_error *err);

/* Calls `fn` with each new sample. */
void shub__fixtures_each(const shub_clair_fixtures *fixtures,
                         void (*fn)(const shub__fixture *fixture, void *user),
                         void *user);

#endif
