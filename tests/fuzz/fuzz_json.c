/* The JSON scanner against itself: skipping checks as much as reading, and what was
 * written reads back. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/json_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_skipping(shub_slice text, shub_status status,
                           const shub_error *expected)
{
    shub__json j;
    shub_error err = SHUB_ERROR_INIT;
    shub__json_init(&j, text, NULL);
    CHECK(shub__json_finish(&j, &err) == status);
    CHECK(err.pos == expected->pos);
}

static void check_reading_back(shub_slice text)
{
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    CHECK(dump(text, &out, NULL) == SHUB_OK);
    CHECK(shub_slice_equal(shub__buf_view(&out), text));
    shub__buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice text = shub_bytes(data, len);
    shub_error err = SHUB_ERROR_INIT;
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    shub_status status = dump(text, &out, &err);
    check_skipping(text, status, &err);
    if (!status)
        check_reading_back(shub__buf_view(&out));
    shub__buf_fini(&out);
    return 0;
}
