/* libsensorhub: what every sensor application writes again, once, in C.
 *
 * This header includes every module; a program may include <sensorhub/MODULE.h> alone.
 * Data flows one way: eagle (replies of gateways), uplink (LoRaWAN network servers),
 * payload (frames of sensors) -> sample (records) -> log (hourly files) -> ship (sealed
 * files to where they are kept); clair (a platform's documents) and webhook (signed
 * calls) stand beside them. README.md has the whole picture and a program of 25 lines.
 */
#ifndef SENSORHUB_H
#define SENSORHUB_H

#include <sensorhub/base.h>
#include <sensorhub/clair.h>
#include <sensorhub/eagle.h>
#include <sensorhub/fleet.h>
#include <sensorhub/format.h>
#include <sensorhub/log.h>
#include <sensorhub/net.h>
#include <sensorhub/payload.h>
#include <sensorhub/s3.h>
#include <sensorhub/sample.h>
#include <sensorhub/ship.h>
#include <sensorhub/uplink.h>
#include <sensorhub/webhook.h>

#endif
