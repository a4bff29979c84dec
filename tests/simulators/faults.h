/* The ways a gateway can fail, and the script that says when. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum fault_kind {
    FAULT_400,
    FAULT_401,
    FAULT_404,
    FAULT_429,
    FAULT_500,
    FAULT_503,
    FAULT_STALL,
    FAULT_TRUNCATE,
    FAULT_CUT,
    FAULT_WRONG_ROOT,
    FAULT_EMPTY,
    FAULT_HTML,
    FAULT_ERROR,
    FAULT_DRIP,
    FAULT_DELAY,
    FAULT_RESET,
    FAULT_REDIRECT,
    FAULT_OVERSIZE,
    FAULT_DOCTYPE,
    FAULT_NAN,
    FAULT_NOT_JOINED,
    FAULT_ZERO,
    FAULT_COUNT
};

#define FAULT_NONE     FAULT_COUNT
#define FAULT_FOR_EVER -1

struct fault_rule {
    enum fault_kind kind;
    unsigned pause_ms;  /* of drip and delay */
    long left;          /* requests still to spoil, or FAULT_FOR_EVER */
    double probability; /* of each request; 1: every one */
};

/* Rules are tried in order, so that "503 twice, then a stall" can be said. */
struct fault_plan {
    struct fault_rule rules[8];
    size_t count;
    uint64_t drawn; /* chances drawn so far */
};

/* How an answer travels. */
enum delivery {
    DELIVER_WHOLE,
    DELIVER_SHORT, /* Content-Length promises more than comes */
    DELIVER_CUT,   /* chunked, without the last chunks */
    DELIVER_DRIP,  /* a byte, a pause, a byte */
    DELIVER_LATE,
    DELIVER_NEVER,
    DELIVER_RESET
};

struct answer {
    unsigned status;
    const char *location; /* of a redirect, or NULL */
    char *body;           /* malloc'ed; freed by answer_free */
    size_t size;
    enum delivery delivery;
    unsigned pause_ms;
};

void answer_free(struct answer *answer);

/* Replaces the body by a copy of a text. False when memory is short. */
bool answer_set_body(struct answer *answer, const char *text);

const char *fault_name(enum fault_kind kind);

/* Prints the names of all kinds, for --help. */
void fault_list(FILE *out);

/*
 * Reads "KIND[=MS]" and "COUNT", "PROBABILITY" (with a point) or NULL for ever.
 * Gives NULL, or what is wrong.
 */
const char *fault_parse(const char *kind, const char *amount, struct fault_rule *rule);

bool fault_plan_add(struct fault_plan *plan, const struct fault_rule *rule);

/* The rule that spoils this request, used up by one; kind is FAULT_NONE when none does.
 */
struct fault_rule fault_plan_take(struct fault_plan *plan, uint64_t seed);

/* Spoils a good answer. False when memory is short. */
bool fault_apply(const struct fault_rule *rule, struct answer *answer);

#endif
