#include "s3/address.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* Messages tell where, never what: a URL may carry secrets. */
static shub_status refuse(shub_error *err, size_t pos, const char *why)
{
    return shub__fail(err, SHUB_E_INVALID, (int64_t)pos, "url %s", why);
}

static int has_digits(shub_slice url, size_t i)
{
    return url.len - i >= 3 && shub__hex_value(url.ptr[i + 1]) >= 0 &&
           shub__hex_value(url.ptr[i + 2]) >= 0;
}

static shub_status check_bytes(shub_slice url, shub_error *err)
{
    if (url.len >= SHUB_S3_URL_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "url has %zu bytes, at most %d are allowed", url.len,
                          SHUB_S3_URL_MAX - 1);
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] == '#')
            return refuse(err, i, "has a fragment");
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~')
            return refuse(err, i, "holds a byte that must be percent-encoded");
        if (url.ptr[i] == '%' && !has_digits(url, i))
            return refuse(err, i, "has a '%' without two hexadecimal digits");
    }
    return SHUB_OK;
}

static const struct scheme {
    const char *begin;
    const char *port;
} schemes[] = {{"https://", ":443"}, {"http://", ":80"}};

static const struct scheme *scheme_of(shub_slice url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        shub_slice begin = shub_str(schemes[i].begin);
        if (url.len >= begin.len &&
            shub__equal_nocase(shub_bytes(url.ptr, begin.len), begin))
            return &schemes[i];
    }
    return NULL;
}

/* Offset of the first byte from `begin` on that is one of `ends`. */
static size_t find(shub_slice url, size_t begin, const char *ends)
{
    while (begin < url.len && !strchr(ends, url.ptr[begin]))
        begin++;
    return begin;
}

static shub_slice between(shub_slice url, size_t begin, size_t end)
{
    return shub_bytes(url.ptr + begin, end - begin);
}

static shub_status read_host(const struct scheme *scheme, size_t begin,
                             shub__address *out, shub_error *err)
{
    shub_slice port = shub_str(scheme->port);

    out->host = between(out->front, begin, out->front.len);
    if (find(out->host, 0, "@") < out->host.len)
        return refuse(err, begin, "carries credentials, which belong in the options");
    if (shub__ends_with(out->host, port))
        out->host.len -= port.len;
    if (!out->host.len || out->host.ptr[0] == ':')
        return refuse(err, begin, "has no host");
    return SHUB_OK;
}

shub_status shub__address_read(shub_slice url, shub__address *out, shub_error *err)
{
    const struct scheme *scheme = scheme_of(url);
    size_t begin, path, query;
    shub_status status = check_bytes(url, err);

    memset(out, 0, sizeof *out);
    if (status != SHUB_OK)
        return status;
    if (!scheme)
        return refuse(err, 0, "begins with neither http:// nor https://");
    begin = strlen(scheme->begin);
    path = find(url, begin, "/?");
    query = find(url, path, "?");
    out->url = url;
    out->front = between(url, 0, path);
    out->path = path < query ? between(url, path, query) : SHUB_LIT("/");
    if (query < url.len)
        out->query = between(url, query + 1, url.len);
    return read_host(scheme, begin, out, err);
}
