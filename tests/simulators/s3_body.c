#include "s3_sim.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

/* Depth 1: the root; 2: items and lone fields; 3: fields of an item. */
struct parser {
    XML_Parser expat;
    const char *root;
    const char *item;
    struct s3_body *body;
    unsigned depth;
    bool in_item;
    bool wrong;
    char *text;
    size_t size;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, '|');
    return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *cls, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct parser *p = cls;
    name = local_name(name);
    p->depth++;
    p->size = 0;
    if (p->depth == 1 && strcmp(name, p->root) != 0)
        p->wrong = true;
    if (p->depth != 2 || strcmp(name, p->item) != 0)
        return;
    p->in_item = true;
    p->body->items = s3_grow(p->body->items, p->body->count + 1, sizeof *p->body->items);
    p->body->items[p->body->count++] = (struct s3_pairs){0};
}

static void XMLCALL on_text(void *cls, const XML_Char *text, int size)
{
    struct parser *p = cls;
    p->text = s3_grow(p->text, p->size + (size_t)size + 1, 1);
    memcpy(p->text + p->size, text, (size_t)size);
    p->size += (size_t)size;
}

static void XMLCALL on_end(void *cls, const XML_Char *name)
{
    struct parser *p = cls;
    char *text = s3_copy_n(p->text ? p->text : "", p->size);
    name = local_name(name);
    if (p->depth == 3 && p->in_item)
        s3_pairs_add(&p->body->items[p->body->count - 1], name, text);
    else if (p->depth == 2 && !p->in_item)
        s3_pairs_add(&p->body->top, name, text);
    if (p->depth == 2)
        p->in_item = false;
    p->depth--;
    p->size = 0;
    free(text);
}

bool s3_parse_body(const struct s3_exchange *x, const char *root, const char *item,
                   struct s3_body *body)
{
    struct parser p = {.root = root, .item = item, .body = body};
    *body = (struct s3_body){0};
    p.expat = XML_ParserCreateNS(NULL, '|');
    if (!p.expat)
        abort();
    XML_SetUserData(p.expat, &p);
    XML_SetElementHandler(p.expat, on_start, on_end);
    XML_SetCharacterDataHandler(p.expat, on_text);
    const char *data = x->body ? (const char *)x->body : "";
    bool good = XML_Parse(p.expat, data, (int)x->size, 1) == XML_STATUS_OK && !p.wrong;
    XML_ParserFree(p.expat);
    free(p.text);
    return good;
}

void s3_body_free(struct s3_body *body)
{
    for (size_t i = 0; i < body->count; i++)
        s3_pairs_free(&body->items[i]);
    free(body->items);
    s3_pairs_free(&body->top);
}
