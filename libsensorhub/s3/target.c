#include "base/error.h"
#include "base/text.h"
#include "s3/endpoint.h"
#include "s3/uri.h"

#include <string.h>

/* Buckets that can be a host name (Amazon S3 User Guide, "Bucket naming rules"). */
#define LABEL_MIN      ((size_t)3)
#define LABEL_MAX      ((size_t)63)

#define HOST_MAX       ((size_t)640)
#define PATH_MAX_BYTES ((size_t)4096)
#define URL_MAX        (8 + HOST_MAX + 3 * PATH_MAX_BYTES)

static int is_alnum(char c)
{
    return shub__is_digit(c) || (c >= 'a' && c <= 'z');
}

static int only(shub_slice text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(bytes, text.ptr[i]))
            return 0;
    return 1;
}

/* Lower case, no label empty or with '-' at an end, no IPv4 address. */
static int can_be_host(shub_slice bucket, int tls)
{
    if (bucket.len < LABEL_MIN || bucket.len > LABEL_MAX || only(bucket, "0123456789."))
        return 0;
    for (size_t i = 0; i < bucket.len; i++) {
        char c = bucket.ptr[i];
        int edge = i == 0 || i == bucket.len - 1 || bucket.ptr[i - 1] == '.' ||
                   bucket.ptr[i + 1] == '.';
        if (!is_alnum(c) && (edge || (c != '-' && c != '.')))
            return 0;
        if (c == '.' && tls) /* the wildcard of a certificate stands for one label */
            return 0;
    }
    return 1;
}

/* An address has no names below it. */
static int is_address(shub_slice host)
{
    return host.len && (host.ptr[0] == '[' || only(host, "0123456789.:"));
}

static int is_virtual(const shub__s3_endpoint *endpoint, shub_slice bucket)
{
    if (endpoint->addressing == SHUB_S3_ADDRESSING_PATH ||
        (endpoint->addressing == SHUB_S3_ADDRESSING_AUTO && !endpoint->amazon) ||
        is_address(shub_str(endpoint->host)))
        return 0;
    return can_be_host(bucket, endpoint->tls);
}

static void write_path(shub__buf *path, const shub__s3_endpoint *endpoint,
                       shub_slice bucket, shub_slice key)
{
    shub__buf_text(path, endpoint->path);
    if (bucket.len) {
        shub__buf_byte(path, '/');
        shub__buf_slice(path, bucket);
    }
    if (key.len || !bucket.len)
        shub__buf_byte(path, '/');
    shub__buf_slice(path, key);
}

static shub_status fill(shub__s3_target *target, const shub__s3_endpoint *endpoint,
                        shub_slice region, shub_slice bucket, shub_slice key,
                        shub_error *err)
{
    shub_status status;

    if (is_virtual(endpoint, bucket)) {
        shub__buf_slice(&target->host, bucket);
        shub__buf_byte(&target->host, '.');
        bucket = shub_str(NULL);
    }
    shub__buf_text(&target->host, endpoint->amazon ? endpoint->amazon : endpoint->host);
    if (endpoint->amazon) {
        shub__buf_slice(&target->host, region);
        shub__buf_text(&target->host, shub__s3_amazon_suffix(region));
    }
    write_path(&target->path, endpoint, bucket, key);
    shub__buf_text(&target->url, endpoint->tls ? "https://" : "http://");
    shub__buf_slice(&target->url, shub__buf_view(&target->host));
    shub__uri_encode(&target->url, shub__buf_view(&target->path), 1);
    status = shub__buf_check(&target->host, "host", err);
    if (!status)
        status = shub__buf_check(&target->path, "path", err);
    return status ? status : shub__buf_check(&target->url, "url", err);
}

shub_status shub__s3_target_init(shub__s3_target *target,
                                 const shub__s3_endpoint *endpoint, shub_slice region,
                                 shub_slice bucket, shub_slice key, shub_error *err)
{
    shub__buf_init(&target->url, URL_MAX);
    shub__buf_init(&target->host, HOST_MAX);
    shub__buf_init(&target->path, PATH_MAX_BYTES);
    if (!region.len)
        region = shub_str(endpoint->region);
    if (endpoint->amazon && !shub__s3_is_region(region))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "region \"%.*s\" is none of Amazon's", SHUB__SHOW(region));
    return fill(target, endpoint, region, bucket, key, err);
}

void shub__s3_target_fini(shub__s3_target *target)
{
    shub__buf_fini(&target->url);
    shub__buf_fini(&target->host);
    shub__buf_fini(&target->path);
}
