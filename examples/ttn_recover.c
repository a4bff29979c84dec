/* ttn_recover [DUMP]: samples that a Clair forwarder missed, out of the uplinks that The
 * Things Stack has stored, as fixtures for Django's loaddata.
 *
 *     curl -H "Authorization: Bearer $KEY" -H "Accept: text/event-stream" \
 *         "$TTN/api/v3/as/applications/$APP/packages/storage/uplink_message?last=24h" |
 *         ttn_recover known.csv > lost.json
 *
 * DUMP says what the database has: fixtures, or CSV with node_id and timestamp_s. */
#include <sensorhub.h>

#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 256 << 20 };

/* All of a file; NULL when it cannot be read, or is more than INPUT_MAX. */
static char *read_all(FILE *in, size_t *len)
{
    char *text = malloc(INPUT_MAX);

    *len = text && in ? fread(text, 1, INPUT_MAX, in) : 0;
    if (text && in && *len < INPUT_MAX && !ferror(in))
        return text;
    free(text);
    return NULL;
}

static shub_status read_dump(shub_clair_fixtures *fixtures, const char *path,
                             shub_error *err)
{
    FILE *in = fopen(path, "rb");
    size_t len;
    char *text = read_all(in, &len);
    shub_status status = SHUB_E_IO;

    if (text)
        status = shub_clair_fixtures_known(fixtures, shub_bytes(text, len), err);
    free(text);
    if (in)
        fclose(in);
    return status;
}

/* Samples of one uplink; a frame that is no measurement has none. */
static void add_uplink(shub_clair_fixtures *fixtures, const shub_uplink *up,
                       shub_batch *batch)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;

    shub_batch_clear(batch);
    if (shub_uplink_frame(up, &frame, &err) ||
        shub_decode(shub_decoder_find(NULL, SHUB_LIT("ers")), &frame, batch, &err) ||
        shub_clair_fixtures_add(fixtures, batch, SHUB_LIT("ers"), &err))
        fprintf(stderr, "%.*s: %s\n", (int)up->device.len, up->device.ptr, err.message);
}

/* How many documents are no uplinks: an answer that says no is one. */
static int add_all(shub_clair_fixtures *fixtures, shub_slice body,
                   shub_uplink_parser *parser, shub_batch *batch)
{
    shub_uplink_walk walk = {0};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    int refused = 0;

    walk.body = body;
    while ((status = shub_uplink_next(parser, &walk, NULL, &up, &err)) !=
           SHUB_E_NOT_FOUND) {
        if (status == SHUB_OK) {
            add_uplink(fixtures, &up, batch);
        } else {
            fprintf(stderr, "uplink %zu: %s\n", walk.count, err.message);
            refused++;
        }
    }
    return refused;
}

int main(int argc, char **argv)
{
    shub_clair_fixtures *fixtures = NULL;
    shub_uplink_parser *parser = NULL;
    shub_batch *batch = NULL;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    size_t len = 0;
    char *body = NULL;
    int refused = 0;
    int failed = shub_clair_fixtures_new(&fixtures, &err) ||
                 shub_uplink_parser_new(&parser, &err) || shub_batch_new(&batch, &err) ||
                 (argc > 1 && read_dump(fixtures, argv[1], &err)) ||
                 !(body = read_all(stdin, &len));

    if (!failed) {
        refused = add_all(fixtures, shub_bytes(body, len), parser, batch);
        failed = shub_clair_fixtures_write(fixtures, &text, &err) ||
                 fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout);
    }
    if (failed)
        fprintf(stderr, "ttn_recover: %s\n",
                err.code ? err.message : "cannot read or write");
    free(body);
    shub_batch_free(batch);
    shub_uplink_parser_free(parser);
    shub_clair_fixtures_free(fixtures);
    return failed || refused;
}
