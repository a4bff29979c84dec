#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/arrow.h"

typedef struct stream {
    struct ArrowArray array; /* released once it was given away */
    shub_error err;
} stream;

static int get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    stream *s = self->private_data;
    return shub_arrow_schema(out, &s->err) ? ENOMEM : 0;
}

/* The end is an array that is released. */
static int get_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    stream *s = self->private_data;
    *out = s->array;
    memset(&s->array, 0, sizeof s->array);
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *self)
{
    const stream *s = self->private_data;
    return s->err.code ? s->err.message : NULL;
}

static void release_stream(struct ArrowArrayStream *self)
{
    stream *s = self->private_data;
    if (s->array.release)
        s->array.release(&s->array);
    shub__free(s);
    memset(self, 0, sizeof *self);
}

shub_status shub_batch_to_arrow_stream(shub_batch *batch, shub_arrow_mode mode,
                                       struct ArrowArrayStream *out, shub_error *err)
{
    struct ArrowSchema schema;
    memset(out, 0, sizeof *out);
    stream *s = shub__calloc(1, sizeof *s);
    if (!s)
        return shub__fail_nomem(err);
    shub_status status = shub_batch_to_arrow(batch, mode, &schema, &s->array, err);
    if (status) {
        shub__free(s);
        return status;
    }
    schema.release(&schema);
    out->get_schema = get_schema;
    out->get_next = get_next;
    out->get_last_error = get_last_error;
    out->release = release_stream;
    out->private_data = s;
    return SHUB_OK;
}
