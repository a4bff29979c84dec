/* Calls that were taken. */
#ifndef SHUB_WEBHOOK_REPLAY_H
#define SHUB_WEBHOOK_REPLAY_H

#include <sensorhub/webhook.h>

/* Notes a call by a hash of it, whose first 16 bytes are used. Errors: SHUB_E_REPLAYED,
 * SHUB_E_LIMIT, SHUB_E_INVALID (a window of another length than the first call's). */
shub_status shub__webhook_replay_note(shub_webhook_replay *replay,
                                      const unsigned char *hash, int64_t now_us,
                                      int64_t window_us, shub_error *err);

#endif
