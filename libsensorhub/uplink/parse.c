#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/json_scan.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "uplink/reading.h"

/* Bytes kept at most for each of the document: of a text without its escapes, in its
 * place, and in the id; or of a text of protobuf that must be escaped. */
#define KEPT_TIMES 8
/* And besides: digits of EUIs, the payload, the rate, numbers of the id; what an OSM
 * wrote, escaped twice. */
#define KEPT_MORE (SHUB_UPLINK_PAYLOAD_MAX + 1024 + 16 * SHUB__OSM_RAW_MAX)

shub_status shub_uplink_parser_new(shub_uplink_parser **parser, shub_error *err)
{
    *parser = shub__calloc(1, sizeof **parser);
    if (!*parser)
        return shub__fail_nomem(err);
    shub__buf_init(&(*parser)->text, SIZE_MAX / 2);
    shub__buf_init(&(*parser)->scratch, 3 * SHUB__OSM_RAW_MAX);
    return SHUB_OK;
}

void shub_uplink_parser_free(shub_uplink_parser *parser)
{
    if (!parser)
        return;
    shub__buf_fini(&parser->text);
    shub__buf_fini(&parser->scratch);
    shub__free(parser);
}

/* ---- one document -------------------------------------------------------------------
 */

/* The record's outermost field has number 1, and is a text, or an integer in a txack; or
 * 2, where that one is empty. As JSON the first byte of a text is white space, so the one
 * behind it decides. */
int shub__uplink_is_protobuf(shub_slice body)
{
    size_t i = shub__json_space(body.ptr, body.len, 0);
    return i < body.len && body.ptr[i] != '{' && body.ptr[i] != '[' &&
           (body.ptr[0] == 0x0a || body.ptr[0] == 0x08 || body.ptr[0] == 0x12);
}

static void read_document(shub__reading *r, shub_slice body)
{
    shub__json *j = &r->json;
    shub__json_init(j, body, &r->parser->text);
    if (shub__uplink_is_protobuf(body)) {
        shub__chirpstack_protobuf(r, body);
        j->pos = j->status ? j->pos : body.len;
    } else if (shub__osm_is_raw(body)) {
        shub__osm_raw(r, body);
    } else if (shub__json_type_next(j) == SHUB__JSON_OBJECT) {
        shub__reading_object(r, shub__uplink_keys);
    } else if (shub__json_skip(j)) {
        shub__json_refuse(j, SHUB_E_UNEXPECTED, "expected an object");
    }
}

/* `used`: what is behind the document is not looked at; else nothing may be. */
static void end_document(shub__reading *r, size_t *used)
{
    shub__json *j = &r->json;
    if (used)
        *used = j->pos;
    else if (!j->status && j->pos < j->len)
        shub__json_fail(j, j->pos, SHUB_E_FORMAT, "more text behind the value");
}

static shub_status check(const shub__reading *r, shub_error *err)
{
    if (r->json.status == SHUB_E_NOMEM || r->parser->text.status == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    if (r->json.status)
        return shub__fail(err, r->json.status, (int64_t)r->json.pos,
                          "uplink: %s at byte %zu", r->json.why, r->json.pos);
    if (r->remote.len) {
        shub_status status =
            shub__fail(err, SHUB_E_REMOTE, 0, "storage: %.*s", SHUB__SHOW(r->remote));
        if (err)
            err->http_status = r->remote_status;
        return status;
    }
    if (!r->up.dialect)
        return shub__fail(err, SHUB_E_UNEXPECTED, 0,
                          "a document of no network server that is known");
    return SHUB_OK;
}

static void init(shub__reading *r, shub_uplink_parser *parser,
                 const shub_uplink_options *opts)
{
    memset(r, 0, sizeof *r);
    r->parser = parser;
    r->opts = opts;
    r->up.size = sizeof r->up;
    r->up.counter = SHUB_NONE;
    r->up.rate_index = SHUB_NONE;
}

static shub_status parse(shub_uplink_parser *parser, shub_slice body,
                         const shub_uplink_options *opts, shub_uplink *up, size_t *used,
                         shub_error *err)
{
    shub__reading r;
    init(&r, parser, opts);
    shub__buf_clear(&parser->text);
    if (body.len > SHUB_UPLINK_MAX || opts->topic.len > SHUB_UPLINK_MAX)
        return shub__fail(
            err, SHUB_E_LIMIT, SHUB_NONE, "a document or topic of %zu bytes, at most %zu",
            body.len > opts->topic.len ? body.len : opts->topic.len, SHUB_UPLINK_MAX);
    if (!shub__buf_room(&parser->text,
                        KEPT_TIMES * (body.len + opts->topic.len) + KEPT_MORE))
        return shub__buf_check(&parser->text, "uplink", err);
    const char *begin = parser->text.ptr;
    if (opts->event.len)
        r.said = shub__chirpstack_word(opts->event);
    if (opts->event.len && !r.said)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown event \"%.*s\"",
                          SHUB__SHOW(opts->event));
    shub__uplink_topic(&r, opts->topic);
    read_document(&r, body);
    end_document(&r, used);
    shub__uplink_finish(&r);
    assert(parser->text.ptr == begin); /* what was kept has not moved */
    (void)begin;
    shub_status status = check(&r, err);
    if (!status)
        shub__result_out(up, &r.up, sizeof r.up);
    return status;
}

void shub__uplink_zero(shub_uplink *up)
{
    size_t size = up->size;
    memset(up, 0, size);
    up->size = size;
}

shub_status shub__uplink_read(shub_uplink_parser *parser, shub_slice body,
                              const shub_uplink_options *opts, shub_uplink *up,
                              size_t *used, shub_error *err)
{
    shub_uplink_options ours;
    shub_status status = shub__options_in(&ours, sizeof ours, opts, err);
    if (!status)
        status = parse(parser, body, &ours, up, used, err);
    if (status)
        shub__uplink_zero(up);
    return status;
}

shub_status shub_uplink_parse(shub_uplink_parser *parser, shub_slice body,
                              const shub_uplink_options *opts, shub_uplink *up,
                              shub_error *err)
{
    return shub__uplink_read(parser, body, opts, up, NULL, err);
}
