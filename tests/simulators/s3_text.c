#include "s3_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static void *must(void *memory)
{
    if (!memory) {
        fputs("scripted_s3: no memory\n", stderr);
        abort();
    }
    return memory;
}

void *s3_alloc(size_t size)
{
    return must(calloc(1, size));
}

void *s3_grow(void *memory, size_t count, size_t size)
{
    return must(reallocarray(memory, count, size));
}

char *s3_copy(const char *text)
{
    return must(strdup(text));
}

char *s3_copy_n(const char *text, size_t size)
{
    char *copy = must(malloc(size + 1));
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *s3_print(const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    return must(text);
}

void s3_pairs_add(struct s3_pairs *pairs, const char *name, const char *value)
{
    if (pairs->count % 8 == 0)
        pairs->items = s3_grow(pairs->items, pairs->count + 8, sizeof *pairs->items);
    pairs->items[pairs->count++] = (struct s3_pair){s3_copy(name), s3_copy(value)};
}

void s3_pairs_add_all(struct s3_pairs *pairs, const struct s3_pairs *from)
{
    for (size_t i = 0; i < from->count; i++)
        s3_pairs_add(pairs, from->items[i].name, from->items[i].value);
}

void s3_pairs_free(struct s3_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->items[i].name);
        free(pairs->items[i].value);
    }
    free(pairs->items);
    *pairs = (struct s3_pairs){0};
}

const char *s3_pairs_get(const struct s3_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcasecmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

bool s3_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool s3_same_word(const char *a, const char *b)
{
    for (;;) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
        a++;
        b++;
    }
}

char *s3_url_encode(const char *text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = s3_alloc(3 * strlen(text) + 1);
    char *at = out;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c) || strchr("-._~", c) || (keep_slash && c == '/')) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    return out;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void s3_url_decode(char *text, bool plus_is_space)
{
    char *to = text;
    for (; *text; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low >= 0) {
            *to++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *to++ = plus_is_space && *text == '+' ? ' ' : *text;
        }
    }
    *to = '\0';
}

void s3_parse_query(const char *text, struct s3_pairs *query)
{
    char *copy = s3_copy(text);
    char *rest = copy;
    char *name;
    while ((name = strsep(&rest, "&")) != NULL) {
        char *value = name;
        if (*name == '\0')
            continue;
        strsep(&value, "=");
        s3_url_decode(name, true);
        if (value)
            s3_url_decode(value, true);
        s3_pairs_add(query, name, value ? value : "");
    }
    free(copy);
}

void s3_write_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c < ' ' && c != '\n')
            fprintf(out, "&#x%x;", c);
        else
            putc(c, out);
    }
}

void s3_write_element(FILE *out, const char *name, const char *text)
{
    fprintf(out, "<%s>", name);
    s3_write_escaped(out, text);
    fprintf(out, "</%s>", name);
}

bool s3_parse_number(const char *text, long long low, long long high, long long *number)
{
    char *end;
    errno = 0;
    *number = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && *end == '\0' && errno == 0 && *number >= low &&
           *number <= high;
}

static void format_time(int64_t unix_s, const char *format, char text[S3_TIME_SIZE])
{
    time_t seconds = (time_t)unix_s;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, S3_TIME_SIZE, format, &tm);
}

void s3_time_iso(int64_t unix_ms, char text[S3_TIME_SIZE])
{
    char seconds[S3_TIME_SIZE];
    format_time(unix_ms / 1000, "%Y-%m-%dT%H:%M:%S", seconds);
    snprintf(text, S3_TIME_SIZE, "%.20s.%03dZ", seconds, (int)(unix_ms % 1000));
}

void s3_time_http(int64_t unix_s, char text[S3_TIME_SIZE])
{
    format_time(unix_s, "%a, %d %b %Y %H:%M:%S GMT", text);
}

void s3_time_basic(int64_t unix_s, char text[S3_TIME_SIZE])
{
    format_time(unix_s, "%Y%m%dT%H%M%SZ", text);
}

bool s3_parse_time_basic(const char *text, int64_t *unix_s)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);
    if (strlen(text) != 16 || !end || *end != '\0')
        return false;
    *unix_s = timegm(&tm);
    return true;
}
