/* decode, decoders. */
#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)64 << 20)

enum { DEVICE, TIME, PORT, RATE };

static const option_row decode_options[] = {
    {"device", "NAME", "of the samples (device)"},
    {"time", "TIME", "when the network received it, RFC 3339 (now)"},
    {"port", "N", "FPort of the uplink"},
    {"rate", "RATE", "data rate of the uplink, as SF9BW125"},
    {NULL, NULL, NULL},
};

static int hex_value(int c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower(c)) : NULL;

    return at ? (int)(at - digits) : SHUB_NONE;
}

/* Bytes of hexadecimal digits, spaces between bytes passed over. Returns where it is
 * something else, or `len`. */
static size_t read_hex(const char *text, size_t len, unsigned char *dst, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < len; i++) {
        if (isspace((unsigned char)text[i]))
            continue;
        if (i + 1 == len || hex_value(text[i]) < 0 || hex_value(text[i + 1]) < 0)
            return i;
        dst[(*count)++] =
            (unsigned char)(hex_value(text[i]) * 16 + hex_value(text[i + 1]));
        i++;
    }
    return len;
}

static int read_frame(const arguments *args, shub_frame *frame)
{
    shub_error err = SHUB_ERROR_INIT;
    int64_t port = 0;

    frame->device = shub_str(args->value[DEVICE] ? args->value[DEVICE] : "device");
    frame->rate = shub_str(args->value[RATE]);
    frame->time_us = shub_now_us();
    if (!value_count("port", args->value[PORT], 255, &port))
        return EXIT_USAGE;
    frame->port = (int32_t)port;
    if (args->value[TIME] &&
        shub_time_parse(shub_str(args->value[TIME]), &frame->time_us, &err) != SHUB_OK)
        return usage("--time: %s", err.message);
    return EXIT_OK;
}

static int print_batch(shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status = shub_batch_to_jsonl(batch, &text, &err);

    if (status != SHUB_OK)
        return failed("samples", status, &err);
    fwrite(text.ptr, 1, text.len, stdout);
    shub_batch_clear(batch);
    return EXIT_OK;
}

/* What was read before an error is printed, too. */
static int decode_one(const shub_decoder *decoder, shub_frame *frame, const char *what,
                      const char *text, size_t len, shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    unsigned char *bytes = calloc(1, len / 2 + 1);
    shub_status status = SHUB_E_FORMAT;
    size_t count, end;
    int code;

    if (!bytes)
        return failed(what, SHUB_E_NOMEM, &err);
    end = read_hex(text, len, bytes, &count);
    frame->payload = shub_bytes(bytes, count);
    if (end == len)
        status = shub_decode(decoder, frame, batch, &err);
    else
        snprintf(err.message, sizeof err.message,
                 "not two hexadecimal digits at character %zu", end + 1);
    code = print_batch(batch);
    free(bytes);
    return status != SHUB_OK ? failed(what, status, &err) : code;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int decode_file(const shub_decoder *decoder, shub_frame *frame, const char *path,
                       shub_batch *batch)
{
    size_t len, lines = 0;
    char *text = input_whole(path, INPUT_MAX, &len);
    int code = EXIT_OK;

    if (!text)
        return EXIT_SYSTEM;
    for (char *line = text; line < text + len && code <= EXIT_LEFT; lines++) {
        char *end = memchr(line, '\n', (size_t)(text + len - line));
        size_t length = end ? (size_t)(end - line) : (size_t)(text + len - line);
        char what[PLACE_MAX];

        snprintf(what, sizeof what, "%s: line %zu", path, lines + 1);
        if (strspn(line, " \t\r") < length)
            code = worse(code, decode_one(decoder, frame, what, line, length, batch));
        line += length + 1;
    }
    free(text);
    return code;
}

static int is_hex(const char *text)
{
    for (; *text; text++)
        if (hex_value(*text) < 0 && !isspace((unsigned char)*text))
            return 0;
    return 1;
}

static int run_decode(const arguments *args)
{
    const shub_decoder *decoder = shub_decoder_find(NULL, shub_str(args->rest[0]));
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status;
    const char *input = args->rest[1];
    int code = read_frame(args, &frame);

    if (code != EXIT_OK)
        return code;
    if (!decoder)
        return usage("decode: no decoder \"%s\"; sensorhub decoders lists them",
                     args->rest[0]);
    status = shub_batch_new(&batch, &err);
    if (status != SHUB_OK)
        return failed("decode", status, &err);
    code = is_hex(input) ? decode_one(decoder, &frame, "HEX", input, strlen(input), batch)
                         : decode_file(decoder, &frame, input, batch);
    shub_batch_free(batch);
    return code;
}

static int run_decoders(const arguments *args)
{
    const shub_decoder *d;

    for (size_t i = 0; (d = shub_decoder_at(NULL, i)) != NULL; i++) {
        row_text("name", shub_str(d->name));
        row_text("vendor", shub_str(d->vendor));
        row_int("port", d->port);
        row_text("what", shub_str(d->what));
        row_text("document", shub_str(d->document));
        row_end(args->json);
    }
    return EXIT_OK;
}

const command payload_commands[] = {
    {"decode", "turn payloads of sensors into samples", "DECODER HEX|FILE",
     "    Decodes a payload given in hexadecimal digits, or one on each line of FILE (-\n"
     "    for standard input, ./NAME for a file whose name is digits), and prints the\n"
     "    samples as JSON lines. Refused payloads are told on standard error; what a\n"
     "    decoder read before the error is printed all the same.\n",
     decode_options, 2, 2, run_decode},
    {"decoders", "list the decoders of payloads", "",
     "    Prints one row for each decoder: its name, the vendor, the FPort such devices "
     "use\n"
     "    (-1: any), which devices and values, and the document it was written from.\n",
     NULL, 0, 0, run_decoders},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
