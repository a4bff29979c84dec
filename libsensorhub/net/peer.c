#include "net/peer.h"

#include "base/error.h"
#include "base/mem.h"
#include "net/multi.h"
#include "net/url.h"

#include <string.h>

static shub_status add_shard(shub_loop *loop, shub__multi **shard, shub_error *err)
{
    shub__multi **shards =
        shub__reallocarray(loop->shards, loop->shard_count + 1, sizeof(shub__multi *));
    shub_status status;

    *shard = NULL;
    if (!shards)
        return shub__fail_nomem(err);
    loop->shards = shards;
    status = shub__multi_open(loop, (uint32_t)loop->shard_count, shard, err);
    if (status == SHUB_OK)
        shards[loop->shard_count++] = *shard;
    return status;
}

/* The newest shard is tried first: the others are full unless peers went. */
static shub_status find_shard(shub_loop *loop, shub__multi **shard, shub_error *err)
{
    size_t i;

    for (i = loop->shard_count; i-- > 0;)
        if (loop->shards[i]->peers < SHUB__SHARD_PEERS) {
            *shard = loop->shards[i];
            return SHUB_OK;
        }
    return add_shard(loop, shard, err);
}

/* NULL, told into `err`, when memory is short. */
static shub__peer *add(shub_loop *loop, const char *origin, shub_error *err)
{
    size_t len = strlen(origin);
    shub__peer *p = shub__calloc(1, sizeof *p + len + 1);
    shub_status status;

    if (!p) {
        (void)shub__fail_nomem(err);
        return NULL;
    }
    memcpy(p->origin, origin, len + 1);
    p->entry.key = shub_bytes(p->origin, len);
    p->loop = loop;
    status = find_shard(loop, &p->shard, err);
    if (status == SHUB_OK)
        status = shub__table_add(&loop->peers, &p->entry, err);
    if (status != SHUB_OK) {
        shub__free(p);
        return NULL;
    }
    p->shard->peers++;
    return p;
}

shub_status shub__peer_hold(shub_loop *loop, const char *url, shub__peer **peer,
                            shub_error *err)
{
    char origin[SHUB__ORIGIN_MAX];

    shub__url_origin(url, origin);
    *peer = (shub__peer *)shub__table_find(&loop->peers, shub_str(origin));
    if (!*peer)
        *peer = add(loop, origin, err);
    if (!*peer)
        return SHUB_E_NOMEM;
    (*peer)->holds++;
    return SHUB_OK;
}

void shub__peer_release(shub__peer *peer)
{
    if (!peer || --peer->holds > 0)
        return;
    peer->shard->peers--;
    shub__table_remove(&peer->loop->peers, &peer->entry);
    shub__free(peer);
}
