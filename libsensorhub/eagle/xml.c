#include "base/error.h"
#include "base/mem.h"
#include "eagle/build.h"
#include "eagle/front.h"
#include "eagle/plain.h"

#include <expat.h>
#include <string.h>

typedef struct xml {
    XML_Parser parser;
    XML_Index stopped_at; /* in the document, by an error of the builder */
    size_t level;         /* 0: outside of the root that the front puts around the body */
    shub__eagle_builder builder;
} xml;

static void stop_on_error(xml *x)
{
    if (!x->builder.status || x->stopped_at >= 0)
        return; /* the end of an empty element is reported still */
    x->stopped_at = XML_GetCurrentByteIndex(x->parser);
    XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name,
                             const XML_Char **attributes)
{
    xml *x = user;

    if (x->level++ == 0)
        return;
    shub__eagle_open(&x->builder, shub_str(name));
    for (size_t i = 0; attributes[i]; i += 2)
        shub__eagle_attribute(&x->builder, shub_str(attributes[i]),
                              shub_str(attributes[i + 1]));
    stop_on_error(x);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    xml *x = user;

    (void)name;
    if (--x->level == 0)
        return;
    shub__eagle_close(&x->builder);
    stop_on_error(x);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    xml *x = user;

    shub__eagle_text(&x->builder, shub_bytes(text, (size_t)len));
    stop_on_error(x);
}

static shub_status stopped(const xml *x, const shub__eagle_front *front,
                           shub_slice document, shub_error *err)
{
    enum XML_Error code = XML_GetErrorCode(x->parser);
    shub_status status = x->builder.status;
    XML_Index at = XML_GetCurrentByteIndex(x->parser);
    int64_t pos = SHUB_NONE;

    if (status == SHUB_E_LIMIT && err)
        err->pos = shub__eagle_front_origin(front, document, (size_t)x->stopped_at);
    if (status)
        return status;
    if (code == XML_ERROR_NO_MEMORY)
        return shub__fail_nomem(err);
    if (at >= 0)
        pos = shub__eagle_front_origin(front, document, (size_t)at);
    return shub__fail(err, SHUB_E_FORMAT, pos, "XML: %s", XML_ErrorString(code));
}

static shub_status parse(xml *x, const shub__eagle_front *front, shub_slice document,
                         shub_error *err)
{
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    if (XML_Parse(x->parser, document.ptr, (int)document.len, !front->truncated) !=
        XML_STATUS_OK)
        return stopped(x, front, document, err);
    if (front->truncated)
        return shub__eagle_broken_off(&x->builder, front->source,
                                      "XML ends within an element");
    return shub__eagle_build_finish(&x->builder);
}

static shub_status parse_document(shub_eagle_reply *reply, const shub__eagle_front *front,
                                  shub_slice document, shub_error *err)
{
    static const XML_Memory_Handling_Suite memory = {shub__malloc, shub__realloc,
                                                     shub__free};
    xml x;
    shub_status status;

    x.level = 0;
    x.stopped_at = -1;
    shub__eagle_build_init(&x.builder, reply, 0, err);
    x.parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    if (!x.parser)
        return shub__fail_nomem(err);
    status = parse(&x, front, document, err);
    XML_ParserFree(x.parser);
    return status;
}

shub_status shub__eagle_read_xml(shub_eagle_reply *reply,
                                 const shub__eagle_source *source, shub_error *err)
{
    shub__eagle_front front = {source, 0, 0};
    shub__buf document;
    shub_status status;

    if (shub__eagle_read_plain(reply, source, &status, err))
        return status;
    shub__buf_init(&document, SHUB__EAGLE_FRONT_MAX);
    status = shub__eagle_front_run(&front, &document, err);
    if (!status)
        status = parse_document(reply, &front, shub__buf_view(&document), err);
    shub__buf_fini(&document);
    return status;
}
