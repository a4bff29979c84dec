/* Endpoints as users write them, each line of the input one part: endpoint, region,
 * bucket, key. What is taken makes a URL of printable ASCII whose host, path and scheme
 * are those that are signed. */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "s3/endpoint.h"
#include "s3/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define must(condition)                                                                  \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

static char *text_of(shub__reader *lines)
{
    shub_slice line = {NULL, 0};
    char *text;

    (void)shub__read_line(lines, &line);
    text = calloc(1, line.len + 1);
    if (!text)
        abort();
    if (line.len)
        memcpy(text, line.ptr, line.len);
    return text;
}

/* The path of the URL, decoded, is the one that is signed. */
static void check_target(const shub__s3_target *target)
{
    shub_slice url = shub__buf_view(&target->url);
    const char *host = strstr(url.ptr, "://") + 3;
    shub__buf path;

    for (size_t i = 0; i < url.len; i++)
        must(url.ptr[i] > ' ' && url.ptr[i] < 0x7f && url.ptr[i] != '@' &&
             url.ptr[i] != '?' && url.ptr[i] != '#');
    must(!memcmp(host, target->host.ptr, target->host.len));
    must(host[target->host.len] == '/');
    shub__buf_init(&path, url.len);
    host += target->host.len;
    must(!shub__uri_decode(&path, shub_str(host), 0));
    must(shub_slice_equal(shub__buf_view(&path), shub__buf_view(&target->path)));
    shub__buf_fini(&path);
}

static void check_place(const shub__s3_endpoint *endpoint, const char *region,
                        const char *bucket, const char *key)
{
    shub__s3_request req;
    shub__s3_target target;

    if (!shub__s3_request_init(&req, SHUB__S3_GET, shub_str(bucket), shub_str(key),
                               NULL)) {
        if (!shub__s3_target_init(&target, endpoint, shub_str(region), req.bucket,
                                  req.key, NULL))
            check_target(&target);
        shub__s3_target_fini(&target);
    }
    shub__s3_request_fini(&req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub__reader lines;
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_endpoint endpoint;
    char *text, *region, *bucket, *key;

    shub__reader_init(&lines, data, len);
    text = text_of(&lines);
    region = text_of(&lines);
    bucket = text_of(&lines);
    key = text_of(&lines);
    for (int addressing = 0; addressing < 3; addressing++) {
        shub_status status = shub__s3_endpoint_init(&endpoint, *text ? text : NULL,
                                                    region, addressing, &err);
        must(!status || err.code == status);
        must(!status || !*text || !strchr(err.message, '@'));
        if (!status)
            check_place(&endpoint, region, bucket, key);
        shub__s3_endpoint_fini(&endpoint);
    }
    free(text);
    free(region);
    free(bucket);
    free(key);
    return 0;
}
