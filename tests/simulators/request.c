#include "request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const command_names[] = {
#define X(name) #name,
    SIM_COMMANDS(X)
#undef X
};

const char *command_name(enum command command)
{
    return command_names[command];
}

bool span_equals(struct span span, const char *text)
{
    return span.size == strlen(text) && strncasecmp(span.data, text, span.size) == 0;
}

static struct span trimmed(struct span span)
{
    while (span.size > 0 && isspace((unsigned char)span.data[0])) {
        span.data++;
        span.size--;
    }
    while (span.size > 0 && isspace((unsigned char)span.data[span.size - 1]))
        span.size--;
    return span;
}

/* Position of <name> or </name>, the offset behind its '>' in *end; SIZE_MAX if none. */
static size_t find_tag(struct span text, const char *open, const char *name, size_t *end)
{
    size_t open_size = strlen(open);
    size_t name_size = strlen(name);
    size_t tag_size = open_size + name_size + 1;
    for (size_t at = 0; tag_size <= text.size - at; at++) {
        const char *p = text.data + at;
        if (memcmp(p, open, open_size) == 0 && p[tag_size - 1] == '>' &&
            strncasecmp(p + open_size, name, name_size) == 0) {
            *end = at + tag_size;
            return at;
        }
    }
    return SIZE_MAX;
}

bool request_element(struct span *text, const char *name, struct span *content)
{
    size_t begin, end;
    if (find_tag(*text, "<", name, &begin) == SIZE_MAX)
        return false;
    struct span rest = {text->data + begin, text->size - begin};
    size_t size = find_tag(rest, "</", name, &end);
    if (size == SIZE_MAX)
        return false;
    *content = trimmed((struct span){rest.data, size});
    *text = (struct span){rest.data + end, rest.size - end};
    return true;
}

enum command request_named(struct span name)
{
    for (int i = 0; i < COMMAND_other; i++)
        if (span_equals(name, command_names[i]))
            return (enum command)i;
    return COMMAND_other;
}

enum command request_command(struct span text)
{
    struct span name;
    return request_element(&text, "Name", &name) ? request_named(name) : COMMAND_other;
}

bool request_has(struct span text, const char *name, const char *value)
{
    struct span content;
    return request_element(&text, name, &content) && span_equals(content, value);
}

bool request_hex(struct span text, const char *name, uint64_t *number)
{
    struct span content;
    char digits[20] = "";
    if (!request_element(&text, name, &content) || content.size >= sizeof digits)
        return false;
    memcpy(digits, content.data, content.size);
    char *end;
    *number = strtoull(digits, &end, 16);
    return content.size > 0 && *end == '\0';
}
