/* Three lists are compared: files here, objects there, the journal. A shipper at work
 * beside must not look like a loss, so the journal comes last: what left here meanwhile
 * is confirmed in it, and what it says and the lists do not is asked for by itself before
 * it counts as missing. */
#include "ship/internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX                                                                         \
    ((size_t)1 << 31) /* bytes of all names and details of one verification */

/* Texts lie behind each other in one buffer; a row knows where. */
typedef struct row {
    int64_t hour_us, bytes;
    size_t stream, where, detail; /* offsets in the text */
    shub_verify_state state;
    int segments; /* of an open hour */
    shub__digest digest;
} row;

typedef struct object {
    size_t key; /* offset */
    int64_t bytes;
    int claimed; /* a row stands for it */
} object;

/* An array that grows. */
typedef struct array {
    void *items;
    size_t count, cap;
} array;

struct shub_verify {
    shub_ship *ship;
    int deep;
    shub__buf text;
    array rows;
    array paths;   /* size_t offsets: sealed files here */
    array objects; /* at the destination, by key */
    size_t next;
    shub_error row_err; /* of what makes a row only */
};

static const char *const state_names[] = {NULL,      "complete", "pending", "open",
                                          "missing", "damaged",  "doubled", "torn"};

const char *shub_verify_state_name(shub_verify_state state)
{
    return state > 0 && (size_t)state < sizeof state_names / sizeof state_names[0]
               ? state_names[state]
               : NULL;
}

/* ---- rows ------------------------------------------------------------------------- */

static void *array_add(array *a, size_t size, shub_error *err)
{
    if (a->count == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 64;
        void *items = shub__reallocarray(a->items, cap, size);
        if (!items) {
            (void)shub__fail_nomem(err);
            return NULL;
        }
        a->items = items;
        a->cap = cap;
    }
    return memset((char *)a->items + size * a->count++, 0, size);
}

static size_t keep_text(shub_verify *v, shub_slice text)
{
    size_t at = v->text.len;

    shub__buf_slice(&v->text, text);
    shub__buf_byte(&v->text, '\0');
    return at;
}

static const char *text_at(const shub_verify *v, size_t offset)
{
    return v->text.ptr + offset;
}

/* What a row says besides its state. */
typedef struct finding {
    shub_slice stream, where;
    int64_t hour_us, bytes;
    const char *detail;
    const shub__digest *digest; /* of the object; NULL: not known */
} finding;

static shub_status add_row(shub_verify *v, shub_verify_state state, const finding *f,
                           shub_error *err)
{
    row *r = array_add(&v->rows, sizeof *r, err);

    if (!r)
        return SHUB_E_NOMEM;
    r->state = state;
    r->hour_us = f->hour_us;
    r->bytes = f->bytes;
    r->segments = 1;
    r->stream = keep_text(v, f->stream);
    r->where = keep_text(v, f->where);
    r->detail = keep_text(v, shub_str(f->detail ? f->detail : ""));
    if (f->digest)
        r->digest = *f->digest;
    return shub__buf_check(&v->text, "verification", err);
}

/* Running out of memory ends a verification; anything else about one file is a row. */
static int is_fatal(shub_status status)
{
    return status == SHUB_E_NOMEM || status == SHUB_E_FORKED;
}

/* ---- here ------------------------------------------------------------------------- */

static shub_status add_sealed(shub_verify *v, const shub_log_file *file, finding *f,
                              shub_error *err)
{
    shub__digest digest;
    shub_status status;
    size_t *path = array_add(&v->paths, sizeof *path, err);

    if (!path)
        return SHUB_E_NOMEM;
    *path = keep_text(v, shub__ship_path(v->ship, file));
    f->detail = "sealed here; the next run ships it";
    if (!v->deep)
        return add_row(v, SHUB_VERIFY_PENDING, f, err);
    status = shub__digest_file(file->path.ptr, 1, &digest, &v->row_err);
    if (is_fatal(status))
        return shub__fail_nomem(err);
    if (status == SHUB_OK || status == SHUB_E_NOT_FOUND) /* shipped meanwhile */
        return add_row(v, SHUB_VERIFY_PENDING, f, err);
    f->detail = v->row_err.message;
    return add_row(v, SHUB_VERIFY_DAMAGED, f, err);
}

static shub_status add_here(shub_verify *v, const shub_log_file *file, shub_error *err)
{
    finding f = {file->stream, file->path, file->hour_us, file->bytes, NULL, NULL};

    switch ((shub_log_state)file->state) {
    case SHUB_LOG_SEALED:
        return add_sealed(v, file, &f, err);
    case SHUB_LOG_LIVE:
    case SHUB_LOG_OPEN:
    case SHUB_LOG_SEALING:
        return add_row(v, SHUB_VERIFY_OPEN, &f, err);
    case SHUB_LOG_TORN:
        f.detail = "a cut line was set aside";
        return add_row(v, SHUB_VERIFY_TORN, &f, err);
    case SHUB_LOG_SHIPPED: /* its object tells */
    case SHUB_LOG_TEMP:    /* its segments tell */
        break;
    }
    return SHUB_OK;
}

static shub_status list_here(shub_verify *v, shub_error *err)
{
    shub_log_list *list;
    shub_log_file file;
    shub_status status =
        shub_log_list_open(shub_str(v->ship->root), v->ship->prefix, &list, err);

    if (status != SHUB_OK)
        return status;
    file.size = sizeof file;
    while (status == SHUB_OK && shub_log_list_next(list, &file))
        status = add_here(v, &file, err);
    shub_log_list_close(list);
    return status;
}

/* ---- there ------------------------------------------------------------------------ */

static shub_status add_object(shub_slice key, int64_t bytes, void *user, shub_error *err)
{
    shub_verify *v = user;
    object *o = array_add(&v->objects, sizeof *o, err);

    if (!o)
        return SHUB_E_NOMEM;
    o->key = keep_text(v, key);
    o->bytes = bytes;
    return shub__buf_check(&v->text, "verification", err);
}

static int by_text(const void *a, const void *b, void *user)
{
    const shub_verify *v = user;

    return strcmp(text_at(v, *(const size_t *)a), text_at(v, *(const size_t *)b));
}

static shub_status list_there(shub_verify *v, shub_error *err)
{
    shub_ship *ship = v->ship;
    shub__key_parts parts = {0};
    shub__buf folder;
    shub_status status;

    parts.prefix = shub_str(ship->prefix);
    parts.host = shub_str(ship->host);
    shub__buf_init(&folder, SHUB_SHIP_KEY_MAX);
    status = shub__key_folder(shub_str(ship->key), &parts, &folder, err);
    if (status == SHUB_OK)
        status = ship->dest->calls->list(ship->dest, folder.ptr ? folder.ptr : "",
                                         add_object, v, err);
    shub__buf_fini(&folder);
    if (status != SHUB_OK)
        return status;
    /* Both begin with their offset, so one comparison serves. */
    if (v->paths.count)
        qsort_r(v->paths.items, v->paths.count, sizeof(size_t), by_text, v);
    if (v->objects.count)
        qsort_r(v->objects.items, v->objects.count, sizeof(object), by_text, v);
    return SHUB_OK;
}

/* First item whose text is `text`, else NULL; the item's first field is its offset. */
static void *find_text(const shub_verify *v, const array *a, size_t size, shub_slice text)
{
    size_t low = 0, high = a->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        void *item = (char *)a->items + mid * size;
        int order = strcmp(text_at(v, *(size_t *)item), text.ptr);
        if (order == 0)
            return item;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* ---- the journal against both ----------------------------------------------------- */

/* What the destination says of a row's key: from its list, or by asking where a template
 * of earlier days put it elsewhere. */
static shub_status size_there(shub_verify *v, const shub__journal_row *r, int64_t *bytes,
                              shub_error *err)
{
    shub__dest *dest = v->ship->dest;
    object *o = find_text(v, &v->objects, sizeof *o, r->key);
    shub__digest there;
    shub_status status;

    if (o) {
        o->claimed = 1;
        *bytes = o->bytes;
        return SHUB_OK;
    }
    status = dest->calls->head(dest, r->key.ptr, &there, err);
    *bytes = there.bytes;
    return status;
}

/* Compares an object with its row; NULL when it is as the row says, else what is wrong.
 */
static const char *wrong_with(shub_verify *v, const shub__journal_row *r, int64_t bytes,
                              shub_status *status)
{
    shub__dest *dest = v->ship->dest;
    shub__digest there;

    *status = SHUB_OK;
    if (bytes != r->digest.bytes) {
        shub__fail(&v->row_err, SHUB_E_CORRUPT, SHUB_NONE, "%lld bytes there, were %lld",
                   (long long)bytes, (long long)r->digest.bytes);
        return v->row_err.message;
    }
    if (!v->deep)
        return NULL;
    *status = dest->calls->read(dest, r->key.ptr, 0, &there, &v->row_err);
    if (*status != SHUB_OK)
        return v->row_err.message;
    return shub__digest_equal(&there, &r->digest) ? NULL : "its SHA-256 is another now";
}

static int is_here(shub_verify *v, const shub__journal_row *r)
{
    shub__stat st;
    shub__buf path;
    int here = find_text(v, &v->paths, sizeof(size_t), r->path) != NULL;

    if (here)
        return 1;
    shub__buf_init(&path, SHUB__DEST_PATH_MAX);
    shub__buf_printf(&path, "%s/%s", v->ship->root, r->path.ptr);
    here = path.status == SHUB_OK && shub__file_stat_path(path.ptr, &st, NULL) == SHUB_OK;
    shub__buf_fini(&path);
    return here;
}

static shub_status check_row(const shub__journal_row *r, void *user, shub_error *err)
{
    shub_verify *v = user;
    finding f = {r->stream, r->key, r->hour_us, r->digest.bytes, NULL, &r->digest};
    shub_status status = size_there(v, r, &f.bytes, &v->row_err);

    if (is_fatal(status))
        return shub__fail_nomem(err);
    if (status == SHUB_E_NOT_FOUND) {
        f.bytes = r->digest.bytes;
        f.detail = r->confirmed_us ? "confirmed once, not there now"
                                   : "planned, and neither here nor there";
        return is_here(v, r) ? SHUB_OK : add_row(v, SHUB_VERIFY_MISSING, &f, err);
    }
    if (status == SHUB_OK && !r->confirmed_us && is_here(v, r))
        return SHUB_OK; /* the file's own row says pending */
    if (status == SHUB_OK)
        f.detail = wrong_with(v, r, f.bytes, &status);
    else
        f.detail = v->row_err.message;
    if (is_fatal(status))
        return shub__fail_nomem(err);
    return add_row(v, f.detail ? SHUB_VERIFY_DAMAGED : SHUB_VERIFY_COMPLETE, &f, err);
}

/* Objects the journal does not know: of another machine, or of before it was deleted.
 * Names that are not ours stay unsaid. */
static shub_status check_unclaimed(shub_verify *v, const object *o, shub_error *err)
{
    shub__dest *dest = v->ship->dest;
    const char *key = text_at(v, o->key), *slash = strrchr(key, '/');
    finding f = {{NULL, 0}, shub_str(key), 0, o->bytes, NULL, NULL};
    shub__digest there;
    shub_status status = SHUB_OK;
    char copy[SHUB_SHIP_KEY_MAX + 1], stream[65];

    if (o->claimed || strlen(key) >= sizeof copy ||
        !shub__key_parse_name(shub_str(slash ? slash + 1 : key),
                              shub_str(v->ship->prefix), &f.stream, &f.hour_us))
        return SHUB_OK;
    /* Adding a row moves the text they lie in. */
    memcpy(copy, key, strlen(key) + 1);
    memcpy(stream, f.stream.ptr, f.stream.len);
    f.where = shub_str(copy);
    f.stream.ptr = stream;
    if (v->deep) {
        status = dest->calls->read(dest, copy, 1, &there, &v->row_err);
        f.digest = &there;
    }
    if (is_fatal(status))
        return shub__fail_nomem(err);
    if (status != SHUB_OK)
        f.detail = v->row_err.message;
    return add_row(v, f.detail ? SHUB_VERIFY_DAMAGED : SHUB_VERIFY_COMPLETE, &f, err);
}

/* ---- order ------------------------------------------------------------------------ */

static int by_hour(const void *a, const void *b, void *user)
{
    const shub_verify *v = user;
    const row *x = a, *y = b;
    int order = (x->hour_us > y->hour_us) - (x->hour_us < y->hour_us);

    if (!order)
        order = strcmp(text_at(v, x->stream), text_at(v, y->stream));
    if (!order)
        order = strcmp(text_at(v, x->where), text_at(v, y->where));
    return order ? order : (int)x->state - (int)y->state;
}

static int is_same_hour(const shub_verify *v, const row *x, const row *y)
{
    return x->hour_us == y->hour_us &&
           strcmp(text_at(v, x->stream), text_at(v, y->stream)) == 0;
}

/* Rows of one stream and hour: a later open segment joins the first, a later object of
 * the same content is a double. Returns 1 when the row is to go. */
static int settle_row(shub_verify *v, row *first, row *r, shub_status *status,
                      shub_error *err)
{
    for (row *x = first; x < r; x++) {
        if (r->state == SHUB_VERIFY_OPEN && x->state == SHUB_VERIFY_OPEN) {
            x->segments++;
            x->bytes += r->bytes;
            return 1;
        }
        if (r->state == SHUB_VERIFY_COMPLETE && x->state == SHUB_VERIFY_COMPLETE &&
            shub__digest_equal(&x->digest, &r->digest)) {
            char text[SHUB_SHIP_KEY_MAX + 32];
            snprintf(text, sizeof text, "same content as %s", text_at(v, x->where));
            r->state = SHUB_VERIFY_DOUBLED;
            r->detail = keep_text(v, shub_str(text));
            *status = shub__buf_check(&v->text, "verification", err);
            return 0;
        }
    }
    return 0;
}

static shub_status settle_rows(shub_verify *v, shub_error *err)
{
    row *rows = v->rows.items, *first = rows;
    size_t kept = 0;
    shub_status status = SHUB_OK;

    if (v->rows.count)
        qsort_r(rows, v->rows.count, sizeof *rows, by_hour, v);
    for (size_t i = 0; status == SHUB_OK && i < v->rows.count; i++) {
        row *r = &rows[kept];
        *r = rows[i];
        if (!is_same_hour(v, first, r))
            first = r;
        kept += !settle_row(v, first, r, &status, err);
    }
    v->rows.count = kept;
    for (row *r = rows; status == SHUB_OK && r < rows + kept; r++) {
        char text[64];
        if (r->state != SHUB_VERIFY_OPEN)
            continue;
        snprintf(text, sizeof text, "%d segment%s not sealed", r->segments,
                 r->segments == 1 ? "" : "s");
        r->detail = keep_text(v, shub_str(text));
        status = shub__buf_check(&v->text, "verification", err);
    }
    return status;
}

/* ---- the handle ------------------------------------------------------------------- */

static shub_status verify_all(shub_verify *v, shub_error *err)
{
    shub_status status = list_here(v, err);

    if (status == SHUB_OK)
        status = list_there(v, err);
    if (status == SHUB_OK)
        status = shub__journal_each(v->ship->journal, check_row, v, err);
    for (size_t i = 0; status == SHUB_OK && i < v->objects.count; i++)
        status = check_unclaimed(v, (object *)v->objects.items + i, err);
    return status == SHUB_OK ? settle_rows(v, err) : status;
}

shub_status shub_verify_open(shub_ship *ship, int deep, shub_verify **out,
                             shub_error *err)
{
    shub_verify *v;
    shub_error here = SHUB_ERROR_INIT; /* success leaves err as it was */
    shub_status status = shub__fork_check(ship->generation, err);

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    v = shub__calloc(1, sizeof *v);
    if (!v)
        return shub__fail_nomem(err);
    v->ship = ship;
    v->deep = deep;
    shub__buf_init(&v->text, TEXT_MAX);
    status = verify_all(v, &here);
    if (status != SHUB_OK) {
        if (err)
            *err = here;
        shub_verify_close(v);
        return status;
    }
    *out = v;
    return SHUB_OK;
}

int shub_verify_next(shub_verify *v, shub_verify_row *out)
{
    const row *r = (const row *)v->rows.items + v->next;
    shub_verify_row full;

    if (v->next == v->rows.count)
        return 0;
    v->next++;
    memset(&full, 0, sizeof full);
    full.stream = shub_str(text_at(v, r->stream));
    full.where = shub_str(text_at(v, r->where));
    full.detail = shub_str(text_at(v, r->detail));
    full.hour_us = r->hour_us;
    full.bytes = r->bytes;
    full.state = (int32_t)r->state;
    shub__result_out(out, &full, sizeof full);
    return 1;
}

void shub_verify_close(shub_verify *v)
{
    if (!v)
        return;
    shub__free(v->rows.items);
    shub__free(v->paths.items);
    shub__free(v->objects.items);
    shub__buf_fini(&v->text);
    shub__free(v);
}
