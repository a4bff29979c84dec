#include "s3/endpoint.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/uri.h"

#include <string.h>

#define HOST_MAX       ((size_t)255) /* RFC 1035 section 2.3.4, and a port */
#define PATH_MAX_BYTES ((size_t)1024)

/* ---- Amazon's host names ------------------------------------------------------- */

/* What stands before the region, the longer first, and what is made of it: "s3-" is the
 * old form of "s3.". */
static const struct {
    const char *text, *kept;
} prefixes[] = {
    {"s3-fips.dualstack.", "s3-fips.dualstack."},
    {"s3.dualstack.", "s3.dualstack."},
    {"s3-fips.", "s3-fips."},
    {"s3-fips-", "s3-fips."},
    {"s3.", "s3."},
    {"s3-", "s3."},
};

/* Old names of the first region. */
static const char *const first_region[] = {
    "s3.amazonaws.com",
    "s3-external-1.amazonaws.com",
};

/* Partitions by the beginning of their regions, the last for all others. */
static const struct {
    const char *region, *suffix;
} partitions[] = {
    {"cn-", ".amazonaws.com.cn"}, {"eusc-", ".amazonaws.eu"},
    {"us-iso-", ".c2s.ic.gov"},   {"us-isob-", ".sc2s.sgov.gov"},
    {"", ".amazonaws.com"},
};

const char *shub__s3_amazon_suffix(shub_slice region)
{
    size_t i = 0;

    while (!shub__starts_with(region, shub_str(partitions[i].region)))
        i++;
    return partitions[i].suffix;
}

int shub__s3_is_region(shub_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!shub__is_digit(c) && (c < 'a' || c > 'z') && c != '-')
            return 0;
    }
    return text.len > 0 && text.len <= 63;
}

/* "s3.eu-west-1.amazonaws.com": what stands before the region, and the region; NULL when
 * the host is another. */
static const char *amazon_host(shub_slice host, shub_slice *region)
{
    for (size_t i = 0; i < sizeof first_region / sizeof *first_region; i++) {
        *region = SHUB_LIT("us-east-1");
        if (shub_slice_equal(host, shub_str(first_region[i])))
            return "s3.";
    }
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t len = strlen(prefixes[i].text);
        shub_slice suffix;
        if (!shub__starts_with(host, shub_str(prefixes[i].text)) ||
            !shub__cut(shub_bytes(host.ptr + len, host.len - len), '.', region, &suffix))
            continue;
        suffix = shub_bytes(suffix.ptr - 1, suffix.len + 1);
        if (shub__s3_is_region(*region) && shub__is_digit(region->ptr[region->len - 1]) &&
            shub_slice_equal(suffix, shub_str(shub__s3_amazon_suffix(*region))))
            return prefixes[i].kept;
    }
    return NULL;
}

/* ---- reading ------------------------------------------------------------------- */

typedef struct parts {
    shub_slice host; /* an IPv6 address with its brackets */
    shub_slice port; /* empty: none is given */
    shub_slice path; /* as it is written, '/' at its end taken off */
} parts;

/* Credentials stand before an '@', and in queries. */
static shub_slice showable(shub_slice text)
{
    if (text.len && (memchr(text.ptr, '@', text.len) || memchr(text.ptr, '?', text.len)))
        return shub_str("…");
    return text;
}

static shub_status refuse(shub_slice text, const char *why, shub_error *err)
{
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "endpoint \"%.*s\": %s",
                      SHUB__SHOW(showable(text)), why);
}

static int host_byte(char c)
{
    char lower = shub__lower(c);

    return shub__is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '.' || c == '-' ||
           c == '_';
}

static int host_valid(shub_slice host)
{
    size_t i;

    if (!host.len || host.len > HOST_MAX)
        return 0;
    if (host.ptr[0] == '[') {
        for (i = 1; i < host.len - 1; i++)
            if (shub__hex_value(host.ptr[i]) < 0 && host.ptr[i] != ':' &&
                host.ptr[i] != '.')
                return 0;
        return host.len > 3 && host.ptr[host.len - 1] == ']';
    }
    for (i = 0; i < host.len; i++)
        if (!host_byte(host.ptr[i]))
            return 0;
    return host.ptr[0] != '.' && host.ptr[0] != '-';
}

/* 0 when it is none. */
static int port_of(shub_slice text)
{
    int port = 0;

    if (!text.len || text.len > 5)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!shub__is_digit(text.ptr[i]))
            return 0;
        port = port * 10 + (text.ptr[i] - '0');
    }
    return port <= 65535 ? port : 0;
}

/* "host:port/path", also "[::1]:port". */
static shub_status split(shub_slice whole, shub_slice rest, parts *p, shub_error *err)
{
    size_t host = 0, end = 0;

    while (end < rest.len && rest.ptr[end] != '/')
        end++;
    p->path = shub_bytes(rest.ptr + end, rest.len - end);
    while (p->path.len && p->path.ptr[p->path.len - 1] == '/')
        p->path.len--;
    while (host < end && (rest.ptr[0] == '[' ? host == 0 || rest.ptr[host - 1] != ']'
                                             : rest.ptr[host] != ':'))
        host++;
    p->host = shub_bytes(rest.ptr, host);
    p->port = shub_str(NULL);
    if (!host_valid(p->host))
        return refuse(whole, "no host", err);
    if (host == end)
        return SHUB_OK;
    p->port = shub_bytes(rest.ptr + host + 1, end - host - 1);
    if (rest.ptr[host] != ':' || !port_of(p->port))
        return refuse(whole, "no port of 1 to 65535", err);
    return SHUB_OK;
}

static shub_status check(shub_slice text, shub_error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '@')
            return refuse(text, "credentials belong in their own options", err);
        if (text.ptr[i] == '?' || text.ptr[i] == '#')
            return refuse(text, "a query or fragment has no place in it", err);
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return refuse(text, "white space or a control character in it", err);
    }
    return SHUB_OK;
}

/* "http://" or "https://", https without. */
static shub_status read_scheme(shub_slice text, int *tls, shub_slice *rest,
                               shub_error *err)
{
    const char *mark = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
    shub_slice scheme;

    *tls = 1;
    *rest = text;
    if (!mark)
        return SHUB_OK;
    scheme = shub_bytes(text.ptr, (size_t)(mark - text.ptr));
    *rest = shub_bytes(mark + 3, text.len - scheme.len - 3);
    if (shub__equal_nocase(scheme, SHUB_LIT("https")))
        return SHUB_OK;
    *tls = 0;
    if (shub__equal_nocase(scheme, SHUB_LIT("http")))
        return SHUB_OK;
    return refuse(text, "neither http nor https", err);
}

/* The host in lower case, with its port unless it is the scheme's own. */
static shub_status set_host(shub__s3_endpoint *endpoint, const parts *p, shub_error *err)
{
    int port = port_of(p->port);
    shub_slice region;
    shub__buf host;
    shub_status status;

    shub__buf_init(&host, HOST_MAX + 8);
    for (size_t i = 0; i < p->host.len; i++)
        shub__buf_byte(&host, shub__lower(p->host.ptr[i]));
    if (port && port != (endpoint->tls ? 443 : 80))
        shub__buf_printf(&host, ":%d", port);
    status = shub__buf_check(&host, "host", err);
    if (!status) {
        endpoint->amazon = amazon_host(shub__buf_view(&host), &region);
        if (endpoint->amazon)
            endpoint->region = shub__strndup(region.ptr, region.len);
        else
            endpoint->host = shub__strndup(host.ptr, host.len);
        if (!endpoint->region && !endpoint->host)
            status = shub__fail_nomem(err);
    }
    shub__buf_fini(&host);
    return status;
}

static shub_status set_path(shub__s3_endpoint *endpoint, shub_slice text, shub_slice path,
                            shub_error *err)
{
    shub__buf decoded;
    shub_status status;

    shub__buf_init(&decoded, PATH_MAX_BYTES);
    status = shub__uri_decode(&decoded, path, 0);
    if (status == SHUB_E_FORMAT)
        status = refuse(text, "a '%' without two digits", err);
    else
        status = shub__buf_check(&decoded, "path of the endpoint", err);
    if (!status) {
        endpoint->path = shub__strndup(decoded.ptr ? decoded.ptr : "", decoded.len);
        if (!endpoint->path)
            status = shub__fail_nomem(err);
    }
    shub__buf_fini(&decoded);
    return status;
}

static shub_status read_text(shub__s3_endpoint *endpoint, shub_slice text,
                             shub_error *err)
{
    shub_slice rest;
    parts p;
    shub_status status = check(text, err);

    if (!status)
        status = read_scheme(text, &endpoint->tls, &rest, err);
    if (!status)
        status = split(text, rest, &p, err);
    if (!status)
        status = set_host(endpoint, &p, err);
    return status ? status : set_path(endpoint, text, p.path, err);
}

static shub_status amazon(shub__s3_endpoint *endpoint, const char *region,
                          shub_error *err)
{
    endpoint->tls = 1;
    endpoint->amazon = "s3.";
    endpoint->path = shub__strdup("");
    endpoint->region = shub__strdup(region && *region ? region : "us-east-1");
    if (!endpoint->path || !endpoint->region)
        return shub__fail_nomem(err);
    if (!shub__s3_is_region(shub_str(endpoint->region)))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "region \"%.*s\" is none of Amazon's",
                          SHUB__SHOW(shub_str(endpoint->region)));
    return SHUB_OK;
}

shub_status shub__s3_endpoint_init(shub__s3_endpoint *endpoint, const char *text,
                                   const char *region, int addressing, shub_error *err)
{
    memset(endpoint, 0, sizeof *endpoint);
    if (addressing < SHUB_S3_ADDRESSING_AUTO || addressing > SHUB_S3_ADDRESSING_VIRTUAL)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "addressing %d is unknown",
                          addressing);
    endpoint->addressing = addressing;
    return text ? read_text(endpoint, shub_str(text), err)
                : amazon(endpoint, region, err);
}

void shub__s3_endpoint_fini(shub__s3_endpoint *endpoint)
{
    shub__free(endpoint->host);
    shub__free(endpoint->path);
    shub__free(endpoint->region);
    memset(endpoint, 0, sizeof *endpoint);
}
