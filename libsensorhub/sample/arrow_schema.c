#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/arrow.h"

/* "U": texts with 64-bit offsets; a dictionary's own format is that of its codes. */
static const struct {
    const char *name;
    const char *format;
    int is_dictionary;
    int64_t flags;
} columns[SHUB__ARROW_COLUMNS] = {
    [SHUB__ARROW_TIME] = {"time", "tsu:UTC", 0, 0},
    [SHUB__ARROW_DEVICE] = {"device", "i", 1, 0},
    [SHUB__ARROW_QUANTITY] = {"quantity", "i", 1, 0},
    [SHUB__ARROW_UNIT] = {"unit", "i", 1, ARROW_FLAG_NULLABLE},
    [SHUB__ARROW_VALUE] = {"value", "g", 0, ARROW_FLAG_NULLABLE},
    [SHUB__ARROW_INT64] = {"int64", "l", 0, ARROW_FLAG_NULLABLE},
    [SHUB__ARROW_BOOL] = {"bool", "b", 0, ARROW_FLAG_NULLABLE},
    [SHUB__ARROW_TEXT] = {"text", "U", 0, ARROW_FLAG_NULLABLE},
    [SHUB__ARROW_FLAGS] = {"flags", "C", 0, 0},
};

/* Names and formats are literals. */
static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->release)
            child->release(child);
        shub__free(child);
    }
    if (schema->dictionary) {
        if (schema->dictionary->release)
            schema->dictionary->release(schema->dictionary);
        shub__free(schema->dictionary);
    }
    shub__free(schema->children);
    memset(schema, 0, sizeof *schema);
}

static void begin_schema(struct ArrowSchema *schema, const char *format, const char *name,
                         int64_t flags)
{
    memset(schema, 0, sizeof *schema);
    schema->format = format;
    schema->name = name;
    schema->flags = flags;
    schema->release = release_schema;
}

static struct ArrowSchema *new_schema(const char *format, const char *name, int64_t flags)
{
    struct ArrowSchema *schema = shub__malloc(sizeof *schema);
    if (schema)
        begin_schema(schema, format, name, flags);
    return schema;
}

static int add_column(struct ArrowSchema *schema, int i)
{
    struct ArrowSchema *child =
        new_schema(columns[i].format, columns[i].name, columns[i].flags);
    if (!child)
        return 0;
    schema->children[schema->n_children++] = child;
    if (columns[i].is_dictionary)
        child->dictionary = new_schema("U", "", 0);
    return !columns[i].is_dictionary || child->dictionary;
}

shub_status shub_arrow_schema(struct ArrowSchema *schema, shub_error *err)
{
    begin_schema(schema, "+s", "", 0);
    schema->children = shub__calloc(SHUB__ARROW_COLUMNS, sizeof schema->children[0]);
    int ok = schema->children != NULL;
    for (int i = 0; i < SHUB__ARROW_COLUMNS && ok; i++)
        ok = add_column(schema, i);
    if (ok)
        return SHUB_OK;
    release_schema(schema);
    return shub__fail_nomem(err);
}
