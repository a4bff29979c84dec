#include "support/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"
#include "support/tables.h"

enum { CASES = 256, FILES = 8 };

typedef struct case_file {
    char *name;
    test_case cases[CASES];
    size_t count;
} case_file;

static void die(const char *file, const char *what)
{
    fprintf(stderr, "tests/vectors/%s: %s\n", file, what);
    exit(1);
}

/* ---- reading ----------------------------------------------------------------------- */

/* Unescapes in place; the length. */
static size_t unescape(char *text)
{
    static const char from[] = "\\nrt", to[] = "\\\n\r\t";
    char *out = text;

    for (const char *p = text; *p; p++) {
        unsigned byte;
        const char *special;
        if (*p != '\\') {
            *out++ = *p;
        } else if (p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
            *out++ = (char)byte;
            p += 3;
        } else if (p[1] && (special = strchr(from, p[1])) != NULL) {
            *out++ = to[special - from];
            p++;
        } else {
            abort();
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

static void read_line(case_file *file, char *line)
{
    char *rest = strchr(line, ' ');
    test_case *c;

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "case") == 0) {
        if (file->count == CASES)
            die(file->name, "too many cases");
        file->cases[file->count++].name = strdup(rest);
        return;
    }
    if (!file->count)
        die(file->name, "a line before the first case");
    c = &file->cases[file->count - 1];
    if (c->count == CASE_LINES)
        die(c->name, "too many lines");
    c->lines[c->count].word = strdup(line);
    c->lines[c->count].text = strdup(rest);
    c->lines[c->count].len = unescape(c->lines[c->count].text);
    c->count++;
}

static void read_file(case_file *file)
{
    static char line[1 << 16];
    char path[1024];
    FILE *in;

    snprintf(path, sizeof path, "%s/tests/vectors/%s", getenv("SHUB_SOURCE"), file->name);
    in = fopen(path, "rb");
    if (!in)
        die(file->name, "cannot be read");
    while (fgets(line, sizeof line, in)) {
        size_t len = strcspn(line, "\n");
        if (line[len] != '\n')
            die(file->name, "a line that is too long");
        line[len] = '\0';
        if (len && line[0] != '#')
            read_line(file, line);
    }
    fclose(in);
    say_rows(path, file->count);
}

const test_case *cases_of(const char *name, size_t *count)
{
    static case_file *files[FILES];
    size_t i = 0;

    while (i < FILES && files[i] && strcmp(files[i]->name, name) != 0)
        i++;
    if (i == FILES)
        die(name, "one file too many");
    if (!files[i]) {
        files[i] = calloc(1, sizeof *files[i]);
        files[i]->name = strdup(name);
        read_file(files[i]);
    }
    *count = files[i]->count;
    return files[i]->cases;
}

/* ---- what a case says -------------------------------------------------------------- */

shub_slice case_text(const test_case *c, const char *word, size_t i)
{
    for (size_t n = 0; n < c->count; n++)
        if (strcmp(c->lines[n].word, word) == 0 && i-- == 0)
            return shub_bytes(c->lines[n].text, c->lines[n].len);
    return shub_str(NULL);
}

char *case_joined(const test_case *c, const char *word, size_t *len)
{
    shub_slice line;
    char *text;

    *len = 0;
    for (size_t i = 0; (line = case_text(c, word, i)).ptr; i++)
        *len += line.len + (i > 0);
    text = malloc(*len ? *len : 1);
    *len = 0;
    for (size_t i = 0; (line = case_text(c, word, i)).ptr; i++) {
        if (i > 0)
            text[(*len)++] = '\n';
        memcpy(text + *len, line.ptr, line.len);
        *len += line.len;
    }
    return text;
}

long long case_number(const test_case *c, const char *word, long long none)
{
    shub_slice text = case_text(c, word, 0);

    return text.ptr ? strtoll(text.ptr, NULL, 10) : none;
}

shub_status case_status(const test_case *c)
{
    shub_slice text = case_text(c, "status", 0);
    shub_status status;

    if (!text.ptr)
        return SHUB_OK;
    for (size_t i = 0; (status = shub_status_at(i)) != SHUB_STATUS_LAST_; i++) {
        size_t len = strlen(shub_status_name(status));
        if (strncmp(text.ptr, shub_status_name(status), len) == 0 &&
            (text.ptr[len] == ' ' || !text.ptr[len]))
            return status;
    }
    die(c->name, "no such status");
    return SHUB_OK;
}

void ck_case_status(const test_case *c, shub_status status, const shub_error *err)
{
    shub_slice line = case_text(c, "status", 0);
    shub_slice message = case_text(c, "message", 0);
    const char *pos = line.ptr ? strchr(line.ptr, ' ') : NULL;

    ck_assert_msg(status == case_status(c), "%s: %s: %s", c->name,
                  shub_status_name(status), err->message);
    if (pos)
        ck_assert_msg(err->pos == strtoll(pos, NULL, 10), "%s: pos %lld: %s", c->name,
                      (long long)err->pos, err->message);
    if (case_text(c, "index", 0).ptr)
        ck_assert_int_eq(err->index, case_number(c, "index", 0));
    if (message.ptr)
        ck_assert_str_eq(err->message, message.ptr);
}
