#include "s3/xml.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/reply.h"

#include <expat.h>
#include <string.h>

#define PATH_MAX_BYTES ((size_t)1024)

typedef struct xml {
    XML_Parser parser;
    shub__s3_xml_fn *fn;
    void *user;
    shub_error *err;
    shub_status status; /* of what stopped the parser */
    size_t depth;
    size_t names[SHUB__S3_XML_DEPTH]; /* where in `path` each name begins */
    shub__buf path, text;
} xml;

static void stop(xml *x, shub_status status)
{
    if (!status || x->status)
        return; /* the end of an empty element is reported still */
    x->status = status;
    XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name,
                             const XML_Char **attributes)
{
    xml *x = user;
    const char *colon = strchr(name, ':');

    (void)attributes;
    if (x->status)
        return;
    if (x->depth == SHUB__S3_XML_DEPTH) {
        stop(x, shub__fail(x->err, SHUB_E_LIMIT, XML_GetCurrentByteIndex(x->parser),
                           "XML of more than %d levels", SHUB__S3_XML_DEPTH));
        return;
    }
    x->names[x->depth++] = x->path.len;
    if (x->path.len)
        shub__buf_byte(&x->path, '/');
    shub__buf_text(&x->path, colon ? colon + 1 : name);
    shub__buf_clear(&x->text);
    stop(x, shub__buf_check(&x->path, "path of an XML element", x->err));
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    xml *x = user;

    (void)name;
    if (x->status)
        return;
    stop(x, x->fn(shub__buf_view(&x->path), shub__buf_view(&x->text), x->user, x->err));
    shub__buf_cut(&x->path, x->names[--x->depth]);
    shub__buf_clear(&x->text);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    xml *x = user;

    if (x->status)
        return;
    shub__buf_add(&x->text, text, (size_t)len);
    stop(x, shub__buf_check(&x->text, "text of an XML element", x->err));
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public_id, int internal)
{
    xml *x = user;

    (void)name, (void)system, (void)public_id, (void)internal;
    stop(x, shub__fail(x->err, SHUB_E_FORMAT, XML_GetCurrentByteIndex(x->parser),
                       "XML with a document type"));
}

/* What expat says of a document that is fine so far and ends. */
static int ends_early(enum XML_Error code)
{
    return code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
           code == XML_ERROR_PARTIAL_CHAR || code == XML_ERROR_UNCLOSED_CDATA_SECTION;
}

static shub_status failed(const xml *x, size_t before, size_t len, shub_error *err)
{
    enum XML_Error code = XML_GetErrorCode(x->parser);
    XML_Index at = XML_GetCurrentByteIndex(x->parser);

    if (x->status)
        return x->status;
    if (code == XML_ERROR_NO_MEMORY)
        return shub__fail_nomem(err);
    if (ends_early(code))
        return shub__fail(err, SHUB_E_TRUNCATED, (int64_t)len,
                          "XML ends within an element");
    return shub__fail(err, SHUB_E_FORMAT, at < 0 ? SHUB_NONE : (int64_t)before + at,
                      "XML: %s", XML_ErrorString(code));
}

static shub_status parse(xml *x, shub_slice body, shub_error *err)
{
    size_t before = 0;

    while (before < body.len && shub__is_space(body.ptr[before]))
        before++;
    if (before == body.len)
        return shub__fail(err, SHUB_E_EMPTY, (int64_t)before, "no XML");
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    if (XML_Parse(x->parser, body.ptr + before, (int)(body.len - before), 1) ==
        XML_STATUS_OK)
        return SHUB_OK;
    return failed(x, before, body.len, err);
}

shub_status shub__s3_xml_read(shub_slice body, shub__s3_xml_fn *fn, void *user,
                              shub_error *err)
{
    /* Answers of the token service hold keys. */
    static const XML_Memory_Handling_Suite memory = {
        shub__secret_malloc, shub__secret_realloc, shub__secret_free};
    xml x = {.fn = fn, .user = user, .err = err};
    shub_status status;

    if (body.len > SHUB__S3_BODY_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "XML of %zu bytes, the limit is %zu", body.len,
                          SHUB__S3_BODY_MAX);
    x.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!x.parser)
        return shub__fail_nomem(err);
    shub__buf_init(&x.path, PATH_MAX_BYTES);
    shub__buf_init_secret(&x.text, SHUB__S3_BODY_MAX);
    status = parse(&x, body, err);
    shub__buf_fini(&x.text);
    shub__buf_fini(&x.path);
    XML_ParserFree(x.parser);
    return status;
}

shub_slice shub__s3_xml_below(shub_slice path, const char *prefix)
{
    size_t len = strlen(prefix);

    if (path.len > len + 1 && path.ptr[len] == '/' && !memcmp(path.ptr, prefix, len))
        return shub_bytes(path.ptr + len + 1, path.len - len - 1);
    return shub_str(NULL);
}
