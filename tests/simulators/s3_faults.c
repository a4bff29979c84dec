#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 256

enum value { NO_VALUE, NUMBER, NUMBER_OR_NONE, WORD };

/* What a kind is called, whether it has a value, whether the request still takes effect.
 */
static const struct fault_form {
    const char *name;
    enum value value;
    bool work;
    long long number; /* without a value */
} forms[S3_FAULT_KINDS] = {
    [S3_NO_FAULT] = {"none", NO_VALUE, true, 0},
    [S3_DROP_BEFORE] = {"drop_before", NO_VALUE, false, 0},
    [S3_DROP_DURING] = {"drop_during", NUMBER, false, 0},
    [S3_DROP_AFTER] = {"drop_after", NO_VALUE, true, 0},
    [S3_STATUS] = {"status", NUMBER, false, 0},
    [S3_ERROR] = {"error", WORD, false, 0},
    [S3_ERROR_IN_200] = {"error_in_200", WORD, false, 0},
    [S3_DELAY] = {"delay", NUMBER, true, 0},
    [S3_STALL] = {"stall", NO_VALUE, false, 0},
    [S3_CUT_BODY] = {"cut_body", NUMBER_OR_NONE, true, -1},
    [S3_CORRUPT_BODY] = {"corrupt_body", NUMBER_OR_NONE, true, 0},
    [S3_LOSE_OBJECT] = {"lose_object", NO_VALUE, true, 0},
    [S3_WRONG_SIZE] = {"wrong_size", NUMBER_OR_NONE, true, -1},
    [S3_RETRY_AFTER] = {"retry_after", NUMBER, false, 0},
    [S3_REPLY] = {"reply", WORD, false, 0},
};

const char *s3_fault_name(enum s3_fault_kind kind)
{
    return kind == S3_NO_FAULT ? "" : forms[kind].name;
}

int s3_fault_named(const char *name)
{
    for (int i = 1; i < S3_FAULT_KINDS; i++)
        if (strcmp(forms[i].name, name) == 0)
            return i;
    return -1;
}

static void free_rule(struct s3_fault *rule)
{
    free(rule->text);
    free(rule->key);
}

void s3_faults_clear(struct s3_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        free_rule(&faults->rules[i]);
    free(faults->rules);
    faults->rules = NULL;
    faults->count = 0;
}

static const char *parse_word(const char *value, struct s3_fault *rule)
{
    if (rule->kind == S3_REPLY) {
        rule->text = s3_copy(value);
        return s3_canned_check(value);
    }
    const char *code = s3_error_named(value);
    if (!code)
        return "no such error code";
    rule->text = s3_copy(code);
    return NULL;
}

/* status=503 is the number; status without sense, as 99, is none. */
static const char *parse_value(const char *value, struct s3_fault *rule)
{
    const struct fault_form *form = &forms[rule->kind];
    if (!value)
        return form->value == NUMBER || form->value == WORD ? "it needs a value" : NULL;
    if (form->value == NO_VALUE)
        return "it takes no value";
    if (form->value == WORD)
        return parse_word(value, rule);
    bool status = rule->kind == S3_STATUS;
    if (!s3_parse_number(value, status ? 200 : -INT32_MAX, status ? 599 : INT32_MAX,
                         &rule->number))
        return "the value must be a number";
    bool counts = rule->kind == S3_DELAY || rule->kind == S3_DROP_DURING;
    return counts && rule->number < 0 ? "the value must not be negative" : NULL;
}

static const char *parse_kind(char *word, struct s3_fault *rule)
{
    char *value = word;
    strsep(&value, "=");
    int kind = s3_fault_named(word);
    if (kind < 0)
        return "no such kind of fault";
    rule->kind = (enum s3_fault_kind)kind;
    rule->number = forms[kind].number;
    rule->work = forms[kind].work;
    return parse_value(value, rule);
}

static const char *set_code(const char *value, struct s3_fault *rule)
{
    const char *code = s3_error_named(value);
    if (!code || rule->kind != S3_STATUS)
        return code ? "only status takes a code" : "no such error code";
    free(rule->text);
    rule->text = s3_copy(code);
    return NULL;
}

/* What changes a good answer needs one. */
static const char *set_work(const char *value, struct s3_fault *rule)
{
    if (rule->kind == S3_DROP_DURING ||
        (forms[rule->kind].work && rule->kind != S3_DROP_AFTER))
        return "this kind leaves no choice";
    rule->work = strcmp(value, "yes") == 0;
    return rule->work || strcmp(value, "no") == 0 ? NULL : "work is yes or no";
}

static const char *parse_condition(char *word, struct s3_fault *rule)
{
    char *value = word;
    strsep(&value, "=");
    if (!value)
        return "a condition is key=, part=, skip=, code= or work=";
    if (strcmp(word, "key") == 0) {
        free(rule->key);
        rule->key = s3_copy(value);
        return NULL;
    }
    if (strcmp(word, "code") == 0)
        return set_code(value, rule);
    if (strcmp(word, "work") == 0)
        return set_work(value, rule);
    if (strcmp(word, "part") == 0)
        return s3_parse_number(value, 1, 10000, &rule->part) ? NULL : "no such part";
    if (strcmp(word, "skip") == 0)
        return s3_parse_number(value, 0, INT32_MAX, &rule->skip) ? NULL : "no such count";
    return "a condition is key=, part=, skip=, code= or work=";
}

static const char *parse_rule(char **words, size_t count, struct s3_fault *rule)
{
    int operation = s3_operation_named(words[0]);
    if (operation < 0)
        return "no such operation";
    rule->operation = (enum s3_operation)operation;
    const char *wrong = parse_kind(words[1], rule);
    if (wrong)
        return wrong;
    rule->left = -1;
    if (strcmp(words[2], "always") != 0 &&
        !s3_parse_number(words[2], 1, INT32_MAX, &rule->left))
        return "how often is a count from 1, or always";
    for (size_t i = 3; i < count && !wrong; i++)
        wrong = parse_condition(words[i], rule);
    return wrong;
}

const char *s3_fault_add(struct s3_faults *faults, char **words, size_t count)
{
    struct s3_fault rule = {0};
    if (count < 3)
        return "fault needs an operation, a kind and how often";
    const char *wrong =
        faults->count == FAULTS_MAX ? "too many faults" : parse_rule(words, count, &rule);
    if (wrong) {
        free_rule(&rule);
        return wrong;
    }
    faults->rules = s3_grow(faults->rules, faults->count + 1, sizeof rule);
    faults->rules[faults->count++] = rule;
    return NULL;
}

static bool concerns(const struct s3_fault *rule, const struct s3_exchange *x)
{
    return (rule->operation == S3_ANY || rule->operation == x->operation) &&
           (!rule->key || strstr(x->key, rule->key)) &&
           (rule->part == 0 || rule->part == x->part);
}

static void use_up(struct s3_faults *faults, size_t index)
{
    struct s3_fault *rule = &faults->rules[index];
    if (rule->left < 0 || --rule->left > 0)
        return;
    free_rule(rule);
    memmove(rule, rule + 1, (--faults->count - index) * sizeof *rule);
}

static void take(struct s3_exchange *x, bool early)
{
    struct s3_faults *faults = &x->sim->faults;
    for (size_t i = 0; i < faults->count; i++) {
        struct s3_fault *rule = &faults->rules[i];
        if ((rule->kind == S3_DROP_DURING) != early || !concerns(rule, x))
            continue;
        if (rule->skip > 0) {
            rule->skip--;
            continue;
        }
        x->fault = *rule;
        x->fault.text = rule->text ? s3_copy(rule->text) : NULL;
        x->fault.key = NULL;
        faults->struck[rule->kind]++;
        use_up(faults, i);
        return;
    }
}

void s3_fault_take_early(struct s3_exchange *x)
{
    x->fault.work = true;
    take(x, true);
}

void s3_fault_take(struct s3_exchange *x)
{
    if (x->fault.kind == S3_NO_FAULT)
        take(x, false);
}

/* The code a bare status has, in the words of S3. */
static const char *code_of_status(long long status)
{
    switch (status) {
    case 400:
        return "RequestTimeout";
    case 403:
        return "AccessDenied";
    case 404:
        return "NoSuchKey";
    case 409:
        return "ConditionalRequestConflict";
    case 412:
        return "PreconditionFailed";
    case 429:
        return "TooManyRequests";
    case 501:
        return "NotImplemented";
    case 502:
        return "BadGateway";
    case 503:
        return "SlowDown";
    case 504:
        return "GatewayTimeout";
    default:
        return "InternalError";
    }
}

static void fail_inside_200(struct s3_exchange *x, const char *code)
{
    s3_fail_as(x, 200, code, s3_error_message(code), NULL);
    char *spaced = s3_print(" \n  \n\n   %s", x->answer.body);
    free(x->answer.body);
    x->answer.body = spaced;
    x->answer.size = strlen(spaced);
    x->answer.delivery = S3_CHUNKED;
}

static void fail_with_status(struct s3_exchange *x)
{
    const char *code = x->fault.text ? x->fault.text : code_of_status(x->fault.number);
    s3_fail_as(x, (unsigned)x->fault.number, s3_error_named(code), s3_error_message(code),
               NULL);
}

static void fail_with_retry_after(struct s3_exchange *x)
{
    char seconds[24];
    s3_fail(x, "SlowDown", NULL);
    snprintf(seconds, sizeof seconds, "%lld", x->fault.number);
    s3_reply_header(x, "Retry-After", seconds);
}

static void flip_byte(struct s3_exchange *x)
{
    struct s3_answer *answer = &x->answer;
    size_t at = x->fault.number < 0 ? 0 : (size_t)x->fault.number;
    if (answer->size > 0)
        answer->body[at % answer->size] ^= 0x40;
}

static void cut_body(struct s3_exchange *x)
{
    struct s3_answer *answer = &x->answer;
    answer->cut = x->fault.number < 0 ? answer->size / 2 : (size_t)x->fault.number;
    if (answer->cut < answer->size)
        answer->delivery = S3_CUT;
}

bool s3_fault_before(struct s3_exchange *x)
{
    return !x->fault.work;
}

void s3_fault_after(struct s3_exchange *x)
{
    switch (x->fault.kind) {
    case S3_DROP_BEFORE:
    case S3_DROP_DURING:
    case S3_DROP_AFTER:
        x->answer.delivery = S3_DROP;
        break;
    case S3_STATUS:
        fail_with_status(x);
        break;
    case S3_ERROR:
        s3_fail(x, s3_error_named(x->fault.text), NULL);
        break;
    case S3_ERROR_IN_200:
        fail_inside_200(x, s3_error_named(x->fault.text));
        break;
    case S3_DELAY:
        x->answer.delivery = S3_LATE;
        x->answer.delay_ms = x->fault.number;
        break;
    case S3_STALL:
        x->answer.delivery = S3_NEVER;
        break;
    case S3_CUT_BODY:
        cut_body(x);
        break;
    case S3_CORRUPT_BODY:
        flip_byte(x);
        break;
    case S3_RETRY_AFTER:
        fail_with_retry_after(x);
        break;
    case S3_REPLY:
        s3_canned_reply(x, x->fault.text);
        break;
    default:
        break;
    }
}
