/* Settings frames of ELSYS sensors, both ways. */
#ifndef SHUB_PAYLOAD_ELSYS_SETTINGS_H
#define SHUB_PAYLOAD_ELSYS_SETTINGS_H

#include <sensorhub/payload.h>

#include "base/reader.h"
#include "sample/rows.h"

#define SHUB__ELSYS_SETTINGS 0x3e /* type byte of a settings frame */

/* Puts what the bytes behind type and length set, each as `setting.<vendor's name>`;
 * keys, addresses, the lock and what may hide them are passed over. `at` is where the
 * first is in the payload. */
void shub__elsys_settings_read(shub__rows *rows, shub__reader values, size_t at);

#endif
