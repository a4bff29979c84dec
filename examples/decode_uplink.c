/* decode_uplink DECODER [FILE]: what devices say in the documents of a network server, as
 * JSON lines.
 *
 *     mosquitto_sub -h eu1.cloud.thethings.network -t 'v3/+/devices/+/up' ... > up.jl
 *     decode_uplink elsys up.jl
 *
 * Reads The Things Stack's documents and ChirpStack's, one or many, from FILE or standard
 * input. Joins, acknowledgements and other news of the network are passed over. */
#include <sensorhub.h>

#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 64 << 20 };

/* The samples of one document go into the batch: 0 when it was refused. */
static int add(const shub_decoder *decoder, const shub_uplink *up, shub_batch *batch,
               shub_error *err)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_status status = shub_uplink_frame(up, &frame, err);

    if (status == SHUB_E_UNEXPECTED || status == SHUB_E_NO_PAYLOAD ||
        status == SHUB_E_MAC_ONLY)
        return 1;
    if (status == SHUB_OK)
        status = shub_decode(decoder, &frame, batch, err);
    return status == SHUB_OK;
}

/* Prints what a batch holds, and empties it. */
static int print(shub_batch *batch, shub_error *err)
{
    shub_slice text;

    if (shub_batch_to_jsonl(batch, &text, err) != SHUB_OK)
        return 0;
    shub_batch_clear(batch);
    return fwrite(text.ptr, 1, text.len, stdout) == text.len;
}

/* How many documents were refused. */
static int decode_all(const shub_decoder *decoder, shub_slice body,
                      shub_uplink_parser *parser, shub_batch *batch)
{
    shub_uplink_walk walk = {0};
    shub_uplink up = SHUB_UPLINK_INIT;
    int refused = 0;

    for (walk.body = body;;) {
        shub_error err = SHUB_ERROR_INIT;
        shub_status status = shub_uplink_next(parser, &walk, NULL, &up, &err);
        if (status == SHUB_E_NOT_FOUND)
            return refused;
        int good = status == SHUB_OK && add(decoder, &up, batch, &err);
        good &= print(batch, &err); /* also what was read before an error */
        if (!good) {
            fprintf(stderr, "document %zu: %s\n", walk.count, err.message);
            refused++;
        }
    }
}

/* All that there is to read; NULL when it is not, or is more than INPUT_MAX. */
static char *read_all(FILE *in, size_t *len)
{
    char *text = malloc(INPUT_MAX);

    *len = text && in ? fread(text, 1, INPUT_MAX, in) : 0;
    if (text && in && *len < INPUT_MAX && !ferror(in))
        return text;
    free(text);
    return NULL;
}

int main(int argc, char **argv)
{
    const shub_decoder *decoder =
        shub_decoder_find(NULL, shub_str(argc > 1 ? argv[1] : ""));
    FILE *in = argc > 2 ? fopen(argv[2], "rb") : stdin;
    size_t len = 0;
    char *text = decoder ? read_all(in, &len) : NULL;
    shub_uplink_parser *parser = NULL;
    shub_batch *batch = NULL;
    shub_error err = SHUB_ERROR_INIT;
    int failed = 1;

    if (!decoder)
        fputs("usage: decode_uplink DECODER [FILE]\n", stderr);
    else if (!in)
        perror(argv[2]);
    else if (!text)
        fputs("decode_uplink: cannot read that much, or at all\n", stderr);
    else if (shub_uplink_parser_new(&parser, &err) || shub_batch_new(&batch, &err))
        fprintf(stderr, "decode_uplink: %s\n", err.message);
    else
        failed = decode_all(decoder, shub_bytes(text, len), parser, batch) > 0 ||
                 fflush(stdout);
    shub_batch_free(batch);
    shub_uplink_parser_free(parser);
    free(text);
    if (in && in != stdin)
        fclose(in);
    return failed;
}
