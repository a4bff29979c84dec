#include "clair/fixtures.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"

#include <string.h>

enum { BLOCK_FIXTURES = 256 };

struct shub__fixture_block {
    shub__fixture_block *before;
    size_t used;
    shub__fixture fixtures[BLOCK_FIXTURES];
};

shub_status shub_clair_fixtures_new(shub_clair_fixtures **out, shub_error *err)
{
    shub_clair_fixtures *fixtures = shub__calloc(1, sizeof *fixtures);

    *out = fixtures;
    if (!fixtures)
        return shub__fail_nomem(err);
    fixtures->report.size = sizeof fixtures->report;
    shub__buf_init(&fixtures->text, SHUB_CLAIR_TEXT_MAX);
    return SHUB_OK;
}

void shub_clair_fixtures_free(shub_clair_fixtures *fixtures)
{
    if (!fixtures)
        return;
    while (fixtures->blocks) {
        shub__fixture_block *block = fixtures->blocks;
        fixtures->blocks = block->before;
        shub__free(block);
    }
    shub__table_fini(&fixtures->table);
    shub__buf_fini(&fixtures->text);
    shub__free(fixtures);
}

/* ---- one for each node and second ---------------------------------------------- */

static void make_key(const unsigned char node[SHUB__NODE_LEN], int64_t time_s,
                     char key[SHUB__FIXTURE_KEY])
{
    memcpy(key, node, SHUB__NODE_LEN);
    memcpy(key + SHUB__NODE_LEN, &time_s, sizeof time_s);
}

static shub__fixture *find(const shub_clair_fixtures *fixtures, const char *key)
{
    shub_slice text = {key, SHUB__FIXTURE_KEY};

    return (shub__fixture *)shub__table_find(&fixtures->table, text);
}

/* A slot at the end of the blocks, not counted yet. */
static shub__fixture *next_slot(shub_clair_fixtures *fixtures)
{
    shub__fixture_block *block = fixtures->blocks;

    if (block && block->used < BLOCK_FIXTURES)
        return &block->fixtures[block->used];
    block = shub__malloc(sizeof *block);
    if (!block)
        return NULL;
    block->before = fixtures->blocks;
    block->used = 0;
    fixtures->blocks = block;
    return &block->fixtures[0];
}

static shub_status insert(shub_clair_fixtures *fixtures, const char *key,
                          shub__fixture **out, shub_error *err)
{
    shub__fixture *fixture;
    shub_status status;

    *out = NULL;
    if (fixtures->count == SHUB_CLAIR_FIXTURES_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu samples",
                          SHUB_CLAIR_FIXTURES_MAX);
    fixture = next_slot(fixtures);
    if (!fixture)
        return shub__fail_nomem(err);
    memset(fixture, 0, sizeof *fixture);
    memcpy(fixture->key, key, SHUB__FIXTURE_KEY);
    fixture->entry.key = shub_bytes(fixture->key, SHUB__FIXTURE_KEY);
    fixture->number = fixtures->count;
    status = shub__table_add(&fixtures->table, &fixture->entry, err);
    if (status != SHUB_OK)
        return status;
    fixtures->blocks->used++;
    fixtures->count++;
    *out = fixture;
    return SHUB_OK;
}

shub_status shub__fixtures_know(shub_clair_fixtures *fixtures,
                                const unsigned char node[SHUB__NODE_LEN], int64_t time_s,
                                shub_error *err)
{
    char key[SHUB__FIXTURE_KEY];
    shub__fixture *fixture;

    make_key(node, time_s, key);
    fixture = find(fixtures, key);
    if (!fixture)
        return insert(fixtures, key, &fixture, err);
    if (fixture->is_new) {
        fixture->is_new = 0;
        fixtures->report.added--;
        fixtures->report.known++;
    }
    return SHUB_OK;
}

/* ---- new ones ------------------------------------------------------------------ */

static shub_status add(shub_clair_fixtures *fixtures, const shub_clair_sample *sample,
                       shub_error *err)
{
    unsigned char node[SHUB__NODE_LEN] = {0};
    char key[SHUB__FIXTURE_KEY];
    shub__fixture *fixture;
    shub_status status;

    (void)shub__node_read(shub_str(sample->node), node);
    make_key(node, sample->time_s, key);
    fixture = find(fixtures, key);
    if (fixture) {
        *(fixture->is_new ? &fixtures->report.doubled : &fixtures->report.known) += 1;
        return SHUB_OK;
    }
    status = insert(fixtures, key, &fixture, err);
    if (!fixture)
        return status;
    fixture->is_new = 1;
    fixture->sample = *sample;
    fixtures->report.added++;
    return SHUB_OK;
}

shub_status shub_clair_fixtures_add(shub_clair_fixtures *fixtures,
                                    const shub_batch *batch, shub_slice protocol,
                                    shub_error *err)
{
    shub_clair_sample sample = SHUB_CLAIR_SAMPLE_INIT;
    shub_error local = SHUB_ERROR_INIT;
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_status first = SHUB_OK, status;

    while ((status = shub_clair_next(batch, &at, protocol, &sample, &local)) !=
           SHUB_E_NOT_FOUND) {
        if (status == SHUB_OK && (status = add(fixtures, &sample, err)) != SHUB_OK)
            return shub__fail_at(err, status, (int64_t)at.first);
        if (status == SHUB_OK)
            continue;
        fixtures->report.refused++;
        if (first == SHUB_OK && err)
            *err = local;
        if (first == SHUB_OK)
            first = status;
    }
    return first;
}

void shub_clair_fixtures_report(const shub_clair_fixtures *fixtures,
                                shub_clair_report *report)
{
    shub__result_out(report, &fixtures->report, sizeof fixtures->report);
}

void shub__fixtures_each(const shub_clair_fixtures *fixtures,
                         void (*fn)(const shub__fixture *fixture, void *user), void *user)
{
    for (const shub__fixture_block *b = fixtures->blocks; b; b = b->before)
        for (size_t i = 0; i < b->used; i++)
            if (b->fixtures[i].is_new)
                fn(&b->fixtures[i], user);
}
