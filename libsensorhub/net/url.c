#include "net/url.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

/* A part of the URL, or NULL when it has none. Lifetime: curl_free. */
static char *part(CURLU *u, CURLUPart which)
{
    char *text = NULL;

    return curl_url_get(u, which, &text, 0) == CURLUE_OK ? text : NULL;
}

static int part_is(CURLU *u, CURLUPart which, const char *wanted)
{
    char *text = part(u, which);
    int is = text && shub__equal_nocase(shub_str(text), shub_str(wanted));

    curl_free(text);
    return is;
}

static int part_given(CURLU *u, CURLUPart which)
{
    char *text = part(u, which);

    curl_free(text);
    return text != NULL;
}

/* What of a rejected text may be shown: nothing that could hold credentials. */
static shub_slice showable(const char *text)
{
    return strpbrk(text, "@?") ? shub_str("") : shub_str(text);
}

static shub_status check(CURLU *u, const char *text, shub_error *err)
{
    if (part_given(u, CURLUPART_USER) || part_given(u, CURLUPART_PASSWORD))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "url carries credentials, which belong in their own options");
    if (!part_is(u, CURLUPART_SCHEME, "http") && !part_is(u, CURLUPART_SCHEME, "https"))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "url \"%.*s\" is neither http nor https",
                          SHUB__SHOW(showable(text)));
    if (part_is(u, CURLUPART_HOST, "http") || part_is(u, CURLUPART_HOST, "https"))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "url \"%.*s\" holds its scheme twice or misspelt",
                          SHUB__SHOW(showable(text)));
    return SHUB_OK;
}

static shub_status write_url(CURLU *u, const char *path, char **url, shub_error *err)
{
    char *text;

    if ((part_is(u, CURLUPART_PATH, "/") && curl_url_set(u, CURLUPART_PATH, path, 0)) ||
        curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0))
        return shub__fail_nomem(err);
    text = part(u, CURLUPART_URL);
    *url = shub__strdup(text);
    curl_free(text);
    return *url ? SHUB_OK : shub__fail_nomem(err);
}

static shub_status parse(CURLU *u, const char *text, shub_error *err)
{
    static const char scheme[] = "http://";
    size_t len = strlen(text);
    char *full = NULL;
    CURLUcode code;

    if (!strstr(text, "://")) {
        full = shub__malloc(sizeof scheme + len);
        if (!full)
            return shub__fail_nomem(err);
        memcpy(full, scheme, sizeof scheme - 1);
        memcpy(full + sizeof scheme - 1, text, len + 1);
    }
    code = curl_url_set(u, CURLUPART_URL, full ? full : text, CURLU_NON_SUPPORT_SCHEME);
    shub__free(full);
    if (code == CURLUE_OUT_OF_MEMORY)
        return shub__fail_nomem(err);
    if (code)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "url \"%.*s\": %s",
                          SHUB__SHOW(showable(text)), curl_url_strerror(code));
    return check(u, text, err);
}

shub_status shub__url_complete(const char *text, const char *path, char **url,
                               shub_error *err)
{
    CURLU *u = curl_url();
    shub_status status;

    *url = NULL;
    if (!u)
        return shub__fail_nomem(err);
    status = parse(u, text, err);
    if (status == SHUB_OK)
        status = write_url(u, path, url, err);
    curl_url_cleanup(u);
    return status;
}

void shub__url_origin(const char *url, char dst[SHUB__ORIGIN_MAX])
{
    CURLU *u = curl_url();
    char *scheme, *host, *port;

    dst[0] = '\0';
    if (!u)
        return;
    if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        scheme = part(u, CURLUPART_SCHEME);
        host = part(u, CURLUPART_HOST);
        port = part(u, CURLUPART_PORT);
        (void)snprintf(dst, SHUB__ORIGIN_MAX, "%s://%s%s%s", scheme ? scheme : "",
                       host ? host : "", port ? ":" : "", port ? port : "");
        curl_free(scheme);
        curl_free(host);
        curl_free(port);
    }
    curl_url_cleanup(u);
}
