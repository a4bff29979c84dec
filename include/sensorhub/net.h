/* sensorhub/net.h: the loop that moves bytes for every client of this library.
 *
 * A program with an event loop of its own watches shub_loop_fd() for reading, waits no
 * longer than shub_loop_timeout_ms(), and then calls shub_loop_run_once(loop, 0, err). A
 * program without one calls shub_loop_run_once() with a time to wait. Clients opened on a
 * loop are used from the loop's thread and closed before it.
 *
 * A loop carries thousands of connections. Of the descriptors that the process may have
 * open (RLIMIT_NOFILE, read when the loop is opened) it leaves a quarter to the program.
 * Of the others it takes three quarters for connections that are kept open between
 * requests; further ones are closed after their request, and requests wait in line when
 * there is no descriptor at all.
 */
#ifndef SENSORHUB_NET_H
#define SENSORHUB_NET_H

#include <sensorhub/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUB_LOOP_MAX_CONNECTIONS 100 /* in flight to one host; more wait in line */

typedef struct shub_loop shub_loop;

/* Opens a loop. Errors: SHUB_E_IO (no descriptors), SHUB_E_NOMEM.
 * Lifetime: close with shub_loop_close. */
SHUB_API shub_status shub_loop_open(shub_loop **loop, shub_error *err);
/* Gives up requests in flight without reporting them. NULL is fine. */
SHUB_API void shub_loop_close(shub_loop *loop);
/* A descriptor that is readable when shub_loop_run_once has work. The loop owns it. */
SHUB_API int shub_loop_fd(const shub_loop *loop);
/* Milliseconds until run_once has work even if the descriptor stays quiet: 0 for now,
 * SHUB_NONE for never. */
SHUB_API int64_t shub_loop_timeout_ms(shub_loop *loop);
/* Does the work there is, waiting up to `timeout_ms` for some, also while nothing is in
 * flight (0: do not wait; SHUB_NONE: until there is some, at once when nothing is in
 * flight). A signal ends the wait. Clients' results are then taken from the clients.
 * Errors: SHUB_E_FORKED, SHUB_E_IO, SHUB_E_NOMEM. */
SHUB_API shub_status shub_loop_run_once(shub_loop *loop, int64_t timeout_ms,
                                        shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
