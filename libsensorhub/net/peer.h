/* A peer: scheme, host and port that requests go to. Its connections stay in one shard,
 * where they are found again. */
#ifndef SHUB_NET_PEER_H
#define SHUB_NET_PEER_H

#include "base/table.h"
#include "net/line.h"

struct shub__peer {
    shub__entry entry; /* by origin, in the loop's table */
    shub_loop *loop;
    struct shub__multi *shard;
    size_t holds;
    size_t admitted;      /* requests in the loop's line or running */
    shub__http_list line; /* those beyond SHUB_LOOP_MAX_CONNECTIONS */
    int doubtful;         /* someone else, or no one, is there: look the name up again */
    char origin[];
};

/* The peer of a URL, which lives until it is released as often as it was held. A client
 * holds its peer as long as it is open. Errors: SHUB_E_NOMEM. */
shub_status shub__peer_hold(shub_loop *loop, const char *url, shub__peer **peer,
                            shub_error *err);
/* NULL is fine. */
void shub__peer_release(shub__peer *peer);

#endif
