/* The lines that the ISEIF Rainforest service writes: the nine raw fields of a demand as
 * a JSON object, MAC addresses and numbers as unsigned integers, the meter's own time
 * (seconds since 2000-01-01 UTC). */
#ifndef EAGLE_LOGGER_ISEIF_H
#define EAGLE_LOGGER_ISEIF_H

#include <sensorhub.h>

#define ISEIF_LINE_MAX 512

/* Writes the line of a reading, without '\n'; 1, or 0 when it is no demand or lacks a
 * field. */
int iseif_line(const shub_eagle_reading *reading, char line[ISEIF_LINE_MAX]);

/* Appends a sample `power` with the meter and the time of each line; what is no such line
 * is passed over. */
void iseif_times(shub_slice text, shub_batch *batch);

#endif
