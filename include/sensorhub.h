/* libsensorhub: what every sensor application writes again, once, in C.
 *
 * This header includes every module; a program may include <sensorhub/MODULE.h> alone.
 * Data flows one way: eagle (replies of gateways) -> sample (records) -> log (hourly
 * files) -> ship (sealed files to where they are kept). README.md has the whole picture
 * and a program of 25 lines.
 */
#ifndef SENSORHUB_H
#define SENSORHUB_H

#include <sensorhub/base.h>
#include <sensorhub/eagle.h>
#include <sensorhub/fleet.h>
#include <sensorhub/format.h>
#include <sensorhub/log.h>
#include <sensorhub/net.h>
#include <sensorhub/sample.h>
#include <sensorhub/ship.h>

#endif
