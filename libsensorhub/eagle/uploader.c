/* Bodies that tell an EAGLE-200 or EAGLE 3, over the vendor's REST API, where to push to
 * (EAGLE-200 Uploader API section 6). */
#include "eagle/requests.h"

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "base/text.h"

static void member(shub__buf *body, const char *name, shub_slice text)
{
    shub__buf_printf(body, ",\"%s\":", name);
    shub__json_quote(body, text);
}

/* Copies the body out. */
static shub_status finish(shub__buf *body, char *dst, size_t cap, size_t *len,
                          shub_error *err)
{
    shub__eagle_writer w;
    shub_status status = shub__buf_check(body, "request", err);

    shub__eagle_writer_init(&w, dst, cap);
    if (!status)
        shub__eagle_put_slice(&w, shub__buf_view(body));
    shub__buf_fini(body);
    return shub__eagle_writer_finish(&w, status, len, err);
}

static shub_status check_utf8(shub_slice text, const char *what, shub_error *err)
{
    size_t valid = shub__utf8_valid(text);

    if (valid == text.len)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, (int64_t)valid, "%s is not UTF-8", what);
}

static shub_status check(const shub_eagle_uploader *u, shub_error *err)
{
    const struct {
        shub_slice text;
        const char *what;
    } texts[] = {{u->provider, "provider"},
                 {u->description, "description"},
                 {u->hostname, "hostname"},
                 {u->path, "path"},
                 {u->header, "header"}};
    shub_status status;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if ((status = check_utf8(texts[i].text, texts[i].what, err)) != SHUB_OK)
            return status;
    if (!u->provider.len || !u->hostname.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "an uploader needs a provider and a hostname");
    if (u->port > 65535)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "port %u, at most 65535",
                          u->port);
    if (u->format.len && !shub_slice_equal(u->format, SHUB_LIT("XML:Raw")) &&
        !shub_slice_equal(u->format, SHUB_LIT("XML:Simple")) &&
        !shub_slice_equal(u->format, SHUB_LIT("RFA")))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "format is one of XML:Raw, XML:Simple, RFA");
    return SHUB_OK;
}

shub_status shub_eagle_uploader_add(const shub_eagle_uploader *uploader, char *dst,
                                    size_t cap, size_t *len, shub_error *err)
{
    shub_eagle_uploader u;
    shub__buf body;
    shub_status status;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    if ((status = shub__options_in(&u, sizeof u, uploader, err)) != SHUB_OK ||
        (status = check(&u, err)) != SHUB_OK)
        return status;
    shub__buf_init(&body, SHUB_EAGLE_REQUEST_MAX);
    shub__buf_text(&body, "{\"command\":\"uploader\",\"parameters\":"
                          "{\"name\":\"uploader_add\"");
    member(&body, "description", u.description.len ? u.description : u.provider);
    member(&body, "provider", u.provider);
    member(&body, "format", u.format.len ? u.format : SHUB_LIT("XML:Raw"));
    member(&body, "protocol", u.tls ? SHUB_LIT("https") : SHUB_LIT("http"));
    member(&body, "hostname", u.hostname);
    shub__buf_printf(&body, ",\"port\":%u", u.port ? u.port : u.tls ? 443 : 80);
    member(&body, "url", u.path.len ? u.path : SHUB_LIT("/"));
    shub__buf_printf(&body, ",\"uploadSize\":%u,\"uploadPeriod\":%u", u.upload_size,
                     u.upload_period_s);
    if (u.header.len)
        member(&body, "x-header1", u.header);
    shub__buf_text(&body, "}}");
    return finish(&body, dst, cap, len, err);
}

shub_status shub_eagle_uploader_delete(shub_slice provider, char *dst, size_t cap,
                                       size_t *len, shub_error *err)
{
    shub__buf body;
    shub_status status;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    if (!provider.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "no provider to delete");
    if ((status = check_utf8(provider, "provider", err)) != SHUB_OK)
        return status;
    shub__buf_init(&body, SHUB_EAGLE_REQUEST_MAX);
    shub__buf_text(&body, "{\"command\":\"uploader\",\"parameters\":"
                          "{\"name\":\"uploader_delete\"");
    member(&body, "provider", provider);
    shub__buf_text(&body, "}}");
    return finish(&body, dst, cap, len, err);
}
