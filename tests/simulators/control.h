/* Lines on standard input that steer the simulation, and the answers to them. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "server.h"

#include <stdbool.h>

/* Starts reading standard input; its end quits the program when until_eof. */
void control_start(struct server *server, bool until_eof);

/* Reads what is there and obeys each whole line; one answer line each, "ok" or "error".
 */
void control_read(struct server *server);

/* Arms a fault: who is a number or "all"; amount may be NULL. Gives NULL or what is
 * wrong. */
const char *control_fault(struct server *server, const char *who, const char *kind,
                          const char *amount);

#endif
