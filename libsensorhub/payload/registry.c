#include "payload/decoders.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/table.h"

/* A registered decoder; its strings are behind it. */
typedef struct registered {
    shub__entry entry;
    shub_decoder decoder;
} registered;

struct shub_registry {
    shub__table by_name;
    registered **list; /* in order of registration */
    size_t cap;
};

shub_status shub_registry_new(shub_registry **registry, shub_error *err)
{
    *registry = shub__calloc(1, sizeof **registry);
    return *registry ? SHUB_OK : shub__fail_nomem(err);
}

static void free_registered(registered *r)
{
    if (!r)
        return;
    shub__free((char *)r->decoder.name);
    shub__free((char *)r->decoder.vendor);
    shub__free((char *)r->decoder.what);
    shub__free((char *)r->decoder.document);
    shub__free(r);
}

void shub_registry_free(shub_registry *registry)
{
    if (!registry)
        return;
    for (size_t i = 0; i < registry->by_name.count; i++)
        free_registered(registry->list[i]);
    shub__table_fini(&registry->by_name);
    shub__free(registry->list);
    shub__free(registry);
}

/* ---- register --------------------------------------------------------------------- */

static shub_status check(const shub_registry *registry, const shub_decoder *decoder,
                         shub_error *err)
{
    shub_slice name = shub_str(decoder->name);
    if (!shub_name_valid(name))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "\"%.*s\" may not name a decoder", SHUB__SHOW(name));
    if (!decoder->decode)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "decoder %s decodes nothing",
                          decoder->name);
    if (shub_decoder_find(registry, name))
        return shub__fail(err, SHUB_E_EXISTS, SHUB_NONE, "there is a decoder %s",
                          decoder->name);
    if (registry->by_name.count == SHUB_REGISTRY_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %d decoders",
                          SHUB_REGISTRY_MAX);
    return SHUB_OK;
}

static registered *copy_of(const shub_decoder *decoder)
{
    registered *r = shub__calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->decoder = *decoder;
    r->decoder.name = shub__strdup(decoder->name);
    r->decoder.vendor = shub__strdup(decoder->vendor ? decoder->vendor : "");
    r->decoder.what = shub__strdup(decoder->what ? decoder->what : "");
    r->decoder.document = shub__strdup(decoder->document ? decoder->document : "");
    if (r->decoder.name && r->decoder.vendor && r->decoder.what && r->decoder.document) {
        r->entry.key = shub_str(r->decoder.name);
        return r;
    }
    free_registered(r);
    return NULL;
}

static int reserve(shub_registry *registry)
{
    if (registry->by_name.count < registry->cap)
        return 1;
    size_t cap = registry->cap ? registry->cap * 2 : 8;
    registered **list = shub__reallocarray(registry->list, cap, sizeof(registered *));
    if (!list)
        return 0;
    registry->list = list;
    registry->cap = cap;
    return 1;
}

shub_status shub_decoder_register(shub_registry *registry, const shub_decoder *decoder,
                                  shub_error *err)
{
    shub_decoder ours;
    shub_status status = shub__options_in(&ours, sizeof ours, decoder, err);
    if (!status)
        status = check(registry, &ours, err);
    if (status)
        return status;
    registered *r = reserve(registry) ? copy_of(&ours) : NULL;
    if (!r)
        return shub__fail_nomem(err);
    size_t place = registry->by_name.count;
    status = shub__table_add(&registry->by_name, &r->entry, err);
    if (status)
        free_registered(r);
    else
        registry->list[place] = r;
    return status;
}

/* ---- find ------------------------------------------------------------------------- */

const shub_decoder *shub_decoder_find(const shub_registry *registry, shub_slice name)
{
    for (size_t i = 0; i < shub__decoder_count; i++)
        if (shub_slice_equal(name, shub_str(shub__decoders[i].name)))
            return &shub__decoders[i];
    shub__entry *entry = registry ? shub__table_find(&registry->by_name, name) : NULL;
    return entry ? &((registered *)entry)->decoder : NULL;
}

const shub_decoder *shub_decoder_at(const shub_registry *registry, size_t i)
{
    if (i < shub__decoder_count)
        return &shub__decoders[i];
    i -= shub__decoder_count;
    if (registry && i < registry->by_name.count)
        return &registry->list[i]->decoder;
    return NULL;
}
