#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/reader.h"
#include "base/text.h"

#include <string.h>

/* Where the words are written: never more bytes than the line has, a NUL for each white
 * space or the end included. */
typedef struct splitter {
    shub__reader in;
    char *out;
    const char *why; /* it is no command line */
} splitter;

static int is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void read_single(splitter *s)
{
    shub_slice text = shub__read_until(&s->in, '\'');

    memcpy(s->out, text.ptr ? text.ptr : "", text.len);
    s->out += text.len;
    if (!shub__accept(&s->in, '\''))
        s->why = "a quotation has no end";
}

static void read_double(splitter *s)
{
    while (shub__reader_left(&s->in) && !shub__accept(&s->in, '"')) {
        char c = (char)shub__read_u8(&s->in);
        int next = shub__peek(&s->in);

        if (c == '\\' && (next == '"' || next == '\\'))
            c = (char)shub__read_u8(&s->in);
        *s->out++ = c;
        if (!shub__reader_left(&s->in))
            s->why = "a quotation has no end";
    }
}

static void read_word(splitter *s)
{
    while (!s->why && shub__reader_left(&s->in) && !is_blank(shub__peek(&s->in))) {
        char c = (char)shub__read_u8(&s->in);

        if (!shub__reader_left(&s->in) && (c == '\'' || c == '"'))
            s->why = "a quotation has no end";
        else if (!shub__reader_left(&s->in) && c == '\\')
            s->why = "a backslash stands at the end";
        else if (c == '\'')
            read_single(s);
        else if (c == '"')
            read_double(s);
        else
            *s->out++ = c == '\\' ? (char)shub__read_u8(&s->in) : c;
    }
    *s->out++ = '\0';
}

static shub_status split(shub__words *words, shub_slice line, shub_error *err)
{
    splitter s = {{NULL, 0, 0, SHUB_OK}, words->text, NULL};

    shub__reader_init(&s.in, line.ptr, line.len);
    shub__skip_space(&s.in);
    while (!s.why && shub__reader_left(&s.in)) {
        if (words->count == SHUB__WORDS_MAX)
            return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                              "command line has more than %zu words", SHUB__WORDS_MAX);
        words->at[words->count++] = s.out;
        read_word(&s);
        shub__skip_space(&s.in);
    }
    if (!s.why && (!words->count || !words->at[0][0]))
        s.why = "it names no program";
    if (s.why)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "command line: %s", s.why);
    return SHUB_OK;
}

shub_status shub__words_split(shub__words *words, shub_slice line, shub_error *err)
{
    shub_status status;

    memset(words, 0, sizeof *words);
    if (line.len > SHUB__COMMAND_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "command line is longer than %zu bytes", SHUB__COMMAND_MAX);
    if (line.len && memchr(line.ptr, '\0', line.len))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "command line holds a NUL");
    words->size = line.len + 1;
    words->text = shub__calloc(words->size, 1);
    words->at = shub__calloc(SHUB__WORDS_MAX + 1, sizeof *words->at);
    status = words->text && words->at ? split(words, line, err) : shub__fail_nomem(err);
    if (status != SHUB_OK)
        shub__words_fini(words);
    return status;
}

void shub__words_fini(shub__words *words)
{
    shub__wipe(words->text, words->size);
    shub__free(words->text);
    shub__free(words->at);
    memset(words, 0, sizeof *words);
}
