/* Clair's documents, each read in every way: what is taken the platform takes, and comes
 * back the same through fixtures; places are in the text; a dump takes away what it names
 * and no more. */
#include <stdlib.h>
#include <string.h>

#include <sensorhub/clair.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void check_error(shub_status status, const shub_error *err, size_t refused,
                        shub_slice text)
{
    CHECK((status == SHUB_OK) == (refused == 0));
    CHECK(err->code == status);
    CHECK(err->pos >= SHUB_NONE && err->pos <= (int64_t)text.len);
    CHECK(status == SHUB_OK || err->index >= 0);
}

static void read_all(shub_batch *batch, shub_slice text)
{
    shub_error err[3] = {SHUB_ERROR_INIT, SHUB_ERROR_INIT, SHUB_ERROR_INIT};
    size_t refused;
    shub_status status;

    status = shub_clair_add_body(batch, text, &refused, &err[0]);
    check_error(status, &err[0], refused, text);
    status = shub_clair_add_fixtures(batch, text, &refused, &err[1]);
    check_error(status, &err[1], refused, text);
    status = shub_clair_add_mongo(batch, text, NULL, 0, &refused, &err[2]);
    check_error(status, &err[2], refused, text);
}

/* Fixtures of a batch, those that `known` names left out. */
static shub_slice write_fixtures(shub_clair_fixtures *fixtures, const shub_batch *batch,
                                 shub_slice known)
{
    shub_slice text;

    CHECK(shub_clair_fixtures_add(fixtures, batch, SHUB_LIT(""), NULL) == SHUB_OK);
    if (known.len)
        (void)shub_clair_fixtures_known(fixtures, known, NULL);
    CHECK(shub_clair_fixtures_write(fixtures, &text, NULL) == SHUB_OK);
    return text;
}

static void check_batch(const shub_batch *batch, shub_slice text)
{
    shub_clair_fixtures *sets[3];
    shub_batch *back;
    shub_slice one, two;

    for (int i = 0; i < 3; i++)
        CHECK(shub_clair_fixtures_new(&sets[i], NULL) == SHUB_OK);
    CHECK(shub_batch_new(&back, NULL) == SHUB_OK);
    one = write_fixtures(sets[0], batch, SHUB_LIT(""));
    CHECK(shub_clair_add_fixtures(back, one, NULL, NULL) == SHUB_OK);
    two = write_fixtures(sets[1], back, SHUB_LIT(""));
    CHECK(shub_slice_equal(one, two));
    two = write_fixtures(sets[2], batch, text);
    CHECK(two.len <= one.len);
    two = write_fixtures(sets[2], batch, one);
    CHECK(shub_slice_equal(two, SHUB_LIT("[]\n")));
    for (int i = 0; i < 3; i++)
        shub_clair_fixtures_free(sets[i]);
    shub_batch_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice text = {(const char *)data, len};
    shub_batch *batch;

    if (shub_batch_new(&batch, NULL))
        abort();
    read_all(batch, text);
    check_batch(batch, text);
    shub_batch_free(batch);
    return 0;
}
