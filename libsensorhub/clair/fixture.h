/* One of Django's fixtures, whatever its sample is read for. */
#ifndef SHUB_CLAIR_FIXTURE_H
#define SHUB_CLAIR_FIXTURE_H

#include "clair/record.h"

/* Reads {"model":…,"fields":{…}}, whose text `r` begins at. Returns 0 when it is of
 * another model, and then its fields say nothing. */
int shub__clair_read_fixture(shub__clair_record *r);

#endif
