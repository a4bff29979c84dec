#include "faults.h"

#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#define OVERSIZE_BYTES ((size_t)3 << 19) /* a client's limit is 1 MiB */
#define DRIP_MS        20
#define DELAY_MS       500

/* What a kind changes of an answer; zero and NULL leave it as it is. */
struct fault_form {
    const char *name;
    unsigned status;
    enum delivery delivery;
    const char *body;
};

static const struct fault_form forms[FAULT_COUNT] = {
    [FAULT_400] = {"400", 400, 0, "<html><body><h1>400 Bad Request</h1></body></html>\n"},
    [FAULT_401] = {"401", 401, 0,
                   "<html><body><h1>401 Unauthorized</h1></body></html>\n"},
    [FAULT_404] = {"404", 404, 0, "<html><body><h1>404 Not Found</h1></body></html>\n"},
    [FAULT_429] = {"429", 429, 0, "Too many requests\n"},
    [FAULT_500] = {"500", 500, 0,
                   "<html><body><h1>500 Internal Error</h1></body></html>\n"},
    [FAULT_503] = {"503", 503, 0, "Timeout waiting for response"},
    [FAULT_STALL] = {"stall", 0, DELIVER_NEVER, NULL},
    [FAULT_TRUNCATE] = {"truncate", 0, DELIVER_SHORT, NULL},
    [FAULT_CUT] = {"cut", 0, DELIVER_CUT, NULL},
    [FAULT_WRONG_ROOT] = {"wrong-root", 0, 0,
                          "<Playlist>\n  <Title>Not a gateway</Title>\n</Playlist>\n"},
    [FAULT_EMPTY] = {"empty", 0, 0, ""},
    [FAULT_HTML] = {"html", 0, 0,
                    "<!DOCTYPE html>\n<html><head><title>EAGLE</title></head>"
                    "<body><p>Please sign in<br></body></html>\n"},
    [FAULT_ERROR] = {"error", 0, 0,
                     "<Error>\n  <Text>Meter is not responding</Text>\n</Error>\n"},
    [FAULT_DRIP] = {"drip", 0, DELIVER_DRIP, NULL},
    [FAULT_DELAY] = {"delay", 0, DELIVER_LATE, NULL},
    [FAULT_RESET] = {"reset", 0, DELIVER_RESET, NULL},
    [FAULT_REDIRECT] = {"redirect", 302, 0, ""},
    [FAULT_OVERSIZE] = {"oversize", 0, 0, NULL},
    [FAULT_DOCTYPE] = {"doctype", 0, 0,
                       "<?xml version=\"1.0\"?>\n<!DOCTYPE InstantaneousDemand [\n"
                       "<!ENTITY a \"aaaaaaaaaaaaaaaa\">\n"
                       "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
                       "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n"
                       "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">\n"
                       "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\n"
                       "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">\n"
                       "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">\n]>\n"
                       "<InstantaneousDemand>\n  <Demand>&g;</Demand>\n"
                       "</InstantaneousDemand>\n"},
    /* These three change the reading, before it becomes a body. */
    [FAULT_NAN] = {"nan", 0, 0, NULL},
    [FAULT_NOT_JOINED] = {"not-joined", 0, 0, NULL},
    [FAULT_ZERO] = {"zero", 0, 0, NULL},
};

void answer_free(struct answer *answer)
{
    free(answer->body);
    answer->body = NULL;
    answer->size = 0;
}

bool answer_set_body(struct answer *answer, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(answer->body);
    answer->body = copy;
    answer->size = strlen(copy);
    return true;
}

const char *fault_name(enum fault_kind kind)
{
    return forms[kind].name;
}

void fault_list(FILE *out)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        fprintf(out, " %s", forms[i].name);
}

static enum fault_kind kind_named(const char *name, size_t size)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        if (strlen(forms[i].name) == size && memcmp(forms[i].name, name, size) == 0)
            return (enum fault_kind)i;
    return FAULT_NONE;
}

static bool parse_amount(const char *amount, struct fault_rule *rule)
{
    char *end;
    if (strchr(amount, '.')) {
        rule->probability = strtod(amount, &end);
        return *end == '\0' && rule->probability > 0 && rule->probability <= 1;
    }
    rule->left = strtol(amount, &end, 10);
    return *end == '\0' && rule->left > 0;
}

const char *fault_parse(const char *kind, const char *amount, struct fault_rule *rule)
{
    size_t size = strcspn(kind, "=");
    *rule = (struct fault_rule){
        .kind = kind_named(kind, size), .left = FAULT_FOR_EVER, .probability = 1};
    if (rule->kind == FAULT_NONE)
        return "no such fault";
    rule->pause_ms = rule->kind == FAULT_DRIP ? DRIP_MS : DELAY_MS;
    if (kind[size] == '=') {
        char *end;
        long pause_ms = strtol(kind + size + 1, &end, 10);
        if (*end != '\0' || pause_ms < 1 || pause_ms > 3600000)
            return "pause must be 1 to 3600000 ms";
        rule->pause_ms = (unsigned)pause_ms;
    }
    if (amount && !parse_amount(amount, rule))
        return "amount must be a count from 1 or a probability like 0.1";
    return NULL;
}

bool fault_plan_add(struct fault_plan *plan, const struct fault_rule *rule)
{
    if (plan->count == sizeof plan->rules / sizeof plan->rules[0])
        return false;
    plan->rules[plan->count++] = *rule;
    return true;
}

static void drop_rule(struct fault_plan *plan, size_t index)
{
    plan->count--;
    memmove(&plan->rules[index], &plan->rules[index + 1],
            (plan->count - index) * sizeof plan->rules[0]);
}

struct fault_rule fault_plan_take(struct fault_plan *plan, uint64_t seed)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct fault_rule *rule = &plan->rules[i];
        uint64_t chance = sim_hash(seed, plan->drawn++) >> 11;
        if ((double)chance / 9007199254740992.0 >= rule->probability)
            continue;
        struct fault_rule taken = *rule;
        if (rule->left != FAULT_FOR_EVER && --rule->left == 0)
            drop_rule(plan, i);
        return taken;
    }
    return (struct fault_rule){.kind = FAULT_NONE};
}

/* Blanks behind the document: well-formed, and far too long. */
static bool make_oversize(struct answer *answer)
{
    char *body = realloc(answer->body, OVERSIZE_BYTES);
    if (!body)
        return false;
    memset(body + answer->size, ' ', OVERSIZE_BYTES - answer->size);
    answer->body = body;
    answer->size = OVERSIZE_BYTES;
    return true;
}

bool fault_apply(const struct fault_rule *rule, struct answer *answer)
{
    const struct fault_form *form = &forms[rule->kind];
    answer->delivery = form->delivery;
    answer->pause_ms = rule->pause_ms;
    if (form->status)
        answer->status = form->status;
    if (rule->kind == FAULT_REDIRECT)
        answer->location = "https://192.168.7.1/";
    if (rule->kind == FAULT_OVERSIZE)
        return make_oversize(answer);
    return !form->body || answer_set_body(answer, form->body);
}
