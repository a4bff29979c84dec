/* Columns of the Arrow export, in order. */
#ifndef SHUB_SAMPLE_ARROW_H
#define SHUB_SAMPLE_ARROW_H

#include <sensorhub/format.h>

enum {
    SHUB__ARROW_TIME,
    SHUB__ARROW_DEVICE,
    SHUB__ARROW_QUANTITY,
    SHUB__ARROW_UNIT,
    SHUB__ARROW_VALUE,
    SHUB__ARROW_INT64,
    SHUB__ARROW_BOOL,
    SHUB__ARROW_TEXT,
    SHUB__ARROW_FLAGS,
    SHUB__ARROW_COLUMNS
};

#endif
