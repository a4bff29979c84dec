#include "s3/profile.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A key of a profile; the key is NULL in the entry that says that there is the profile.
 */
typedef struct shub__profile_entry {
    char *profile;
    char *key;
    char *value;
    shub__profile_file file;
    int plain_default; /* of [default] in config */
} entry;

typedef struct parser {
    shub__profiles *profiles;
    shub__profile_file file;
    const char *path;
    shub__reader in;
    int64_t line; /* from 0 */
    size_t start; /* of the line */
    int in_section;
    char *profile; /* NULL: in a section that is no profile */
    int plain_default;
    size_t indent; /* of the last key or section */
    size_t last;   /* entry that deeper lines belong to; SIZE_MAX: none */
    int has_key;   /* deeper lines belong to a key, be it kept or not */
    shub_error *err;
} parser;

static shub_status malformed(const parser *p, const char *why)
{
    shub_status status =
        shub__fail(p->err, SHUB_E_FORMAT, (int64_t)p->start, "%.100s: line %lld: %s",
                   p->path, (long long)p->line + 1, why);

    return shub__fail_at(p->err, status, p->line);
}

/* ---- entries ------------------------------------------------------------------- */

static void entry_fini(entry *e)
{
    shub__free(e->profile);
    shub__free(e->key);
    shub__free_secret(e->value);
}

void shub__profiles_fini(shub__profiles *profiles)
{
    for (size_t i = 0; i < profiles->count; i++)
        entry_fini(&profiles->entries[i]);
    shub__free(profiles->entries);
    memset(profiles, 0, sizeof *profiles);
}

static int text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static entry *find(const shub__profiles *profiles, shub__profile_file file,
                   const char *profile, const char *key)
{
    for (size_t i = 0; i < profiles->count; i++) {
        entry *e = &profiles->entries[i];
        if (e->file == file && text_equal(e->profile, profile) && text_equal(e->key, key))
            return e;
    }
    return NULL;
}

static int make_room(shub__profiles *profiles)
{
    size_t cap = profiles->cap ? 2 * profiles->cap : 16;
    entry *entries;

    if (profiles->count < profiles->cap)
        return 1;
    entries = shub__reallocarray(profiles->entries, cap, sizeof *entries);
    if (!entries)
        return 0;
    profiles->entries = entries;
    profiles->cap = cap;
    return 1;
}

/* Sets a key of the profile the parser is in. */
static shub_status put(parser *p, const char *key, shub_slice value)
{
    shub__profiles *all = p->profiles;
    entry *e = find(all, p->file, p->profile, key);
    entry made = {NULL, NULL, NULL, p->file, p->plain_default};

    made.value = shub__strndup(value.ptr, value.len);
    if (e && made.value) {
        shub__free_secret(e->value);
        e->value = made.value;
        p->last = (size_t)(e - all->entries);
        return SHUB_OK;
    }
    made.profile = shub__strdup(p->profile);
    made.key = shub__strdup(key);
    if (!made.value || !made.profile || (key && !made.key) || !make_room(all)) {
        entry_fini(&made);
        return shub__fail_nomem(p->err);
    }
    p->last = all->count;
    all->entries[all->count++] = made;
    return SHUB_OK;
}

/* ---- sections ------------------------------------------------------------------ */

static void drop_plain_default(shub__profiles *profiles)
{
    size_t kept = 0;

    for (size_t i = 0; i < profiles->count; i++) {
        if (profiles->entries[i].plain_default)
            entry_fini(&profiles->entries[i]);
        else
            profiles->entries[kept++] = profiles->entries[i];
    }
    profiles->count = kept;
}

/* A comment begins behind white space, so that a value may hold '#' and ';'. */
static shub_slice without_comment(shub_slice text)
{
    for (size_t i = 1; i < text.len; i++)
        if ((text.ptr[i] == '#' || text.ptr[i] == ';') &&
            shub__is_space(text.ptr[i - 1])) {
            text.len = i;
            break;
        }
    return shub__trim(text);
}

static shub_slice unquoted(shub_slice name)
{
    if (name.len >= 2 && (name.ptr[0] == '"' || name.ptr[0] == '\'') &&
        name.ptr[name.len - 1] == name.ptr[0])
        return shub_bytes(name.ptr + 1, name.len - 2);
    return name;
}

/* The profile that a section is; empty when it is none. */
static shub_slice profile_of(const parser *p, shub_slice section, int *prefixed)
{
    static const char word[] = "profile";
    size_t len = sizeof word - 1;

    *prefixed = section.len > len && shub__starts_with(section, shub_str(word)) &&
                shub__is_space(section.ptr[len]);
    if (p->file == SHUB__PROFILE_CREDENTIALS)
        return *prefixed ? shub_bytes(NULL, 0) : section;
    if (*prefixed)
        return unquoted(shub__trim(shub_bytes(section.ptr + len, section.len - len)));
    return shub_slice_equal(section, SHUB_LIT("default")) ? section : shub_bytes(NULL, 0);
}

/* 1 when [profile default] was there before. */
static int is_put_aside(const parser *p)
{
    const entry *e = find(p->profiles, SHUB__PROFILE_CONFIG, "default", NULL);

    return e && !e->plain_default;
}

static shub_status open_profile(parser *p, shub_slice name, int prefixed)
{
    int is_default =
        p->file == SHUB__PROFILE_CONFIG && shub_slice_equal(name, SHUB_LIT("default"));

    if (is_default && !prefixed && is_put_aside(p))
        return SHUB_OK;
    if (is_default && prefixed)
        drop_plain_default(p->profiles);
    p->plain_default = is_default && !prefixed;
    p->profile = shub__strndup(name.ptr, name.len);
    if (!p->profile)
        return shub__fail_nomem(p->err);
    if (put(p, NULL, SHUB_LIT("")) != SHUB_OK)
        return SHUB_E_NOMEM;
    p->last = SIZE_MAX;
    return SHUB_OK;
}

static shub_status read_section(parser *p, shub_slice line)
{
    shub_slice inside, behind;
    int prefixed;

    shub__free(p->profile);
    p->profile = NULL;
    p->plain_default = 0;
    p->in_section = 1;
    p->has_key = 0;
    p->last = SIZE_MAX;
    line.ptr++;
    line.len--;
    if (!shub__cut(line, ']', &inside, &behind))
        return malformed(p, "a section's name has no ']'");
    behind = shub__trim(behind);
    if (behind.len && behind.ptr[0] != '#' && behind.ptr[0] != ';')
        return malformed(p, "something stands behind a section's ']'");
    inside = shub__trim(inside);
    if (!inside.len)
        return malformed(p, "a section has no name");
    inside = profile_of(p, inside, &prefixed);
    return inside.len ? open_profile(p, inside, prefixed) : SHUB_OK;
}

/* ---- lines --------------------------------------------------------------------- */

static shub_status read_key(parser *p, shub_slice line)
{
    shub_slice name, value;
    char *key;
    shub_status status;

    if (!p->in_section)
        return malformed(p, "a key stands before the first section");
    if (!shub__cut(line, '=', &name, &value))
        return malformed(p, "neither a section nor a key with '='");
    name = shub__trim(name);
    if (!name.len)
        return malformed(p, "no key stands before '='");
    p->has_key = 1;
    p->last = SIZE_MAX;
    if (!p->profile)
        return SHUB_OK;
    key = shub__strndup(name.ptr, name.len);
    if (!key)
        return shub__fail_nomem(p->err);
    for (char *c = key; *c; c++)
        *c = shub__lower(*c);
    status = put(p, key, without_comment(value));
    shub__free(key);
    return status;
}

/* Deeper than the key above: more of its value, or a table of values when it has none. */
static shub_status read_deeper(parser *p, shub_slice line)
{
    entry *e = p->last == SIZE_MAX ? NULL : &p->profiles->entries[p->last];
    size_t before = e ? strlen(e->value) : 0, size = before + 1 + line.len + 1;
    char *longer;

    if (!before)
        return SHUB_OK;
    longer = shub__malloc(size);
    if (!longer)
        return shub__fail_nomem(p->err);
    (void)snprintf(longer, size, "%s\n%.*s", e->value, (int)line.len, line.ptr);
    shub__free_secret(e->value);
    e->value = longer;
    return SHUB_OK;
}

static shub_status read_line(parser *p, shub_slice line)
{
    shub_slice text = shub__trim(line);
    size_t indent;

    if (!text.len || text.ptr[0] == '#' || text.ptr[0] == ';')
        return SHUB_OK;
    if (memchr(text.ptr, '\0', text.len))
        return malformed(p, "it holds a NUL");
    indent = (size_t)(text.ptr - line.ptr);
    if (p->has_key && indent > p->indent)
        return read_deeper(p, text);
    p->indent = indent;
    return text.ptr[0] == '[' ? read_section(p, text) : read_key(p, text);
}

shub_status shub__profiles_read(shub__profiles *profiles, shub__profile_file file,
                                const char *path, shub_slice text, shub_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    parser p = {.profiles = profiles, .file = file, .path = path, .last = SIZE_MAX};
    shub_status status = SHUB_OK;
    shub_slice line;

    if (text.len > SHUB__PROFILE_FILE_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%.100s is larger than %zu bytes",
                          path, SHUB__PROFILE_FILE_MAX);
    p.err = err;
    shub__reader_init(&p.in, text.ptr, text.len);
    if (shub__starts_with(text, shub_str(mark)))
        shub__skip(&p.in, sizeof mark - 1);
    for (; status == SHUB_OK; p.line++) {
        p.start = p.in.pos;
        if (!shub__read_line(&p.in, &line))
            break;
        status = read_line(&p, line);
    }
    shub__free(p.profile);
    return status;
}

/* ---- values -------------------------------------------------------------------- */

int shub__profiles_has(const shub__profiles *profiles, const char *name)
{
    return find(profiles, SHUB__PROFILE_CONFIG, name, NULL) ||
           find(profiles, SHUB__PROFILE_CREDENTIALS, name, NULL);
}

const char *shub__profiles_get(const shub__profiles *profiles, const char *name,
                               const char *key)
{
    const entry *e = find(profiles, SHUB__PROFILE_CREDENTIALS, name, key);

    if (!e || !*e->value)
        e = find(profiles, SHUB__PROFILE_CONFIG, name, key);
    return e && *e->value ? e->value : NULL;
}
