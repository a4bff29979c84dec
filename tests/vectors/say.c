/* say FILE...: all that C makes of each file, as a gateway's body, as JSON lines, line
 * protocol and SenML.
 * say.py and say.lua beside this say the same, to the byte; test_same.py compares. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRIVAL_US (INT64_C(1577836800) * SHUB_SECOND_US) /* 2020-01-01T00:00:00Z */
#define METER      "0x000781000081fd0b"                   /* of readings that name none */

static const char *const fields[] = {"demand", "MULTIPLIER", "Divisor", "Timestamp",
                                     "Price",  "Status",     "Text",    "zigbee:Price"};

static void say_slice(const char *before, shub_slice text)
{
    fputs(before, stdout);
    if (text.len)
        fwrite(text.ptr, 1, text.len, stdout);
}

static void say_status(const char *what, shub_status status, const shub_error *err)
{
    if (status == SHUB_OK)
        printf("%s ok\n", what);
    else
        printf("%s %s pos=%" PRId64 " index=%" PRId64 " %s\n", what,
               shub_status_name(status), err->pos, err->index, err->message);
}

/* Every row, and once more when it went through a sample of its own. */
static void say_batch(shub_batch *batch)
{
    shub_batch *copy;
    shub_sample sample;
    shub_slice text;

    if (shub_batch_new(&copy, NULL) != SHUB_OK)
        exit(1);
    for (size_t i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++)
        if (shub_batch_append(copy, &sample, NULL) != SHUB_OK)
            exit(1);
    if (shub_batch_to_jsonl(batch, &text, NULL) != SHUB_OK)
        exit(1);
    say_slice("rows\n", text);
    if (shub_batch_to_jsonl(copy, &text, NULL) != SHUB_OK)
        exit(1);
    say_slice("copy\n", text);
    shub_batch_free(copy);
    shub_batch_clear(batch);
}

static void say_reading(const shub_eagle_reading *reading)
{
    say_slice("reading ", shub_eagle_reading_name(reading));
    say_slice(" ", shub_eagle_reading_meter(reading));
    printf(" %" PRId64 " %d\n", shub_eagle_reading_time_us(reading),
           shub_eagle_reading_connected(reading));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        say_slice(" ", shub_eagle_reading_field(reading, shub_str(fields[i])));
    putchar('\n');
}

static void say_body(shub_slice body, shub_batch *batch)
{
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    shub_status status = shub_eagle_parse(body, &reply, &err);

    say_status("body", status, &err);
    if (status != SHUB_OK)
        return;
    say_slice("gateway ", shub_eagle_reply_gateway(reply));
    printf(" %" PRId64 "\n", shub_eagle_reply_time_us(reply));
    for (size_t i = 0; i < shub_eagle_reply_count(reply); i++)
        say_reading(shub_eagle_reply_at(reply, i));
    opts.arrival_us = ARRIVAL_US;
    opts.meter = SHUB_LIT(METER);
    say_status("samples", shub_eagle_reply_samples_with(reply, &opts, batch, &err), &err);
    say_batch(batch);
    shub_eagle_reply_free(reply);
}

static void say_lines(shub_slice text, shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_status status = shub_batch_add_jsonl(batch, text, &refused, &err);

    say_status("lines", status, &err);
    printf("refused %zu\n", refused);
    say_batch(batch);
}

/* ---- other formats --------------------------------------------------------------- */

static void say_text(const char *what, shub_status status, shub_slice text,
                     const shub_error *err)
{
    say_status(what, status, err);
    say_slice("", text);
}

static void say_encoded(shub_batch *batch)
{
    shub_csv_options csv = SHUB_CSV_OPTIONS_INIT;
    shub_senml_options senml = SHUB_SENML_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status;

    csv.layout = SHUB_CSV_WIDE;
    senml.units = SHUB_SENML_OMIT;
    status = shub_batch_to_csv(batch, &csv, &text, &err);
    say_text("csv", status, text, &err);
    err = (shub_error)SHUB_ERROR_INIT;
    status = shub_batch_to_influx(batch, NULL, &text, &err);
    say_text("influx", status, text, &err);
    err = (shub_error)SHUB_ERROR_INIT;
    status = shub_batch_to_senml(batch, &senml, &text, &err);
    say_text("senml", status, text, &err);
    shub_batch_clear(batch);
}

static void say_influx(shub_slice text, shub_batch *batch)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_status status;

    opts.device_tag = SHUB_LIT("host");
    opts.now_us = ARRIVAL_US;
    status = shub_batch_add_influx(batch, text, &opts, &refused, &err);
    say_status("line protocol", status, &err);
    printf("refused %zu\n", refused);
    say_encoded(batch);
}

static void say_senml(shub_slice text, shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_status status = shub_batch_add_senml(batch, text, ARRIVAL_US, &refused, &err);

    say_status("pack", status, &err);
    printf("refused %zu\n", refused);
    say_encoded(batch);
}

int main(int argc, char **argv)
{
    static char content[2 << 20];
    shub_batch *batch;

    if (shub_batch_new(&batch, NULL) != SHUB_OK)
        return 1;
    for (int i = 1; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        FILE *file = fopen(argv[i], "rb");
        size_t len;
        if (!file)
            return 1;
        len = fread(content, 1, sizeof content, file);
        fclose(file);
        printf("file %s\n", slash ? slash + 1 : argv[i]);
        say_body(shub_bytes(content, len), batch);
        say_lines(shub_bytes(content, len), batch);
        say_influx(shub_bytes(content, len), batch);
        say_senml(shub_bytes(content, len), batch);
    }
    shub_batch_free(batch);
    return 0;
}
