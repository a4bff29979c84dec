/* Texts as names of a log's files: what is read as one is written again byte by byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log/name.h"

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const shub__log_place place = {{"", 0}, {"sensorhub", 9}};
    shub_slice text = shub_bytes(data, size);
    shub__log_name name;
    shub__buf path;

    if (!shub__log_name_read(text, place.prefix, &name))
        return 0;
    REQUIRE(name.number >= 0 && name.number <= SHUB_LOG_NUMBER_MAX);
    REQUIRE(shub_name_valid(name.stream));
    shub__buf_init(&path, SHUB__PATH_MAX);
    REQUIRE(shub__log_path(&path, &place, &name, NULL) == SHUB_OK);
    /* "/2015-03-10-17/" comes before the name. */
    REQUIRE(path.len == 15 + size && memcmp(path.ptr + 15, data, size) == 0);
    shub__buf_fini(&path);
    return 0;
}
