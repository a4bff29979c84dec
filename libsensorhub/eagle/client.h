/* The client of one gateway, inside. A poll is a row of requests: client_poll.c says
 * which is next, client_send.c sends it, one at a time and with gaps, client_reply.c
 * judges what comes back. A list and a command that the program sends, client_command.c,
 * are polls of another kind. */
#ifndef SHUB_EAGLE_CLIENT_H
#define SHUB_EAGLE_CLIENT_H

#include "eagle/fields.h"
#include "net/http.h"
#include "net/peer.h"

#include <sensorhub/eagle.h>

#define SHUB__EAGLE_READS 4 /* SHUB_EAGLE_READ_ bits there are */

/* How the relay and an EAGLE-100 are asked for a reading. */
typedef struct shub__eagle_question {
    uint32_t bit;
    shub_eagle_command command;
    shub_eagle_root root; /* of the answer */
} shub__eagle_question;

extern const shub__eagle_question shub__eagle_reads[SHUB__EAGLE_READS];

/* Where a request goes; but for the body all that go to one are alike. */
typedef enum shub__eagle_place {
    SHUB__EAGLE_AT_POST = 0, /* post_manager, or the relay */
    SHUB__EAGLE_AT_CGI = 1,  /* cgi_manager */
    SHUB__EAGLE_AT_REST = 2  /* the vendor's REST API */
} shub__eagle_place;

/* A command that the program sends, with its options, whose texts follow it. */
typedef struct shub__eagle_sent {
    size_t size; /* of all, to be wiped: an uploader's header is a secret */
    shub_eagle_command command;
    shub__eagle_place place;
    int changes; /* something: no answer is an answer */
    int once;    /* must not be repeated */
    shub_eagle_request_options opts;
    shub_eagle_uploader uploader;
    shub_slice variables[];
} shub__eagle_sent;

typedef enum shub__eagle_state {
    SHUB__EAGLE_IDLE = 0,
    SHUB__EAGLE_RUNNING = 1,
    SHUB__EAGLE_DONE = 2 /* the result waits to be taken */
} shub__eagle_state;

struct shub_eagle {
    shub_loop *loop;
    shub__peer *peer;        /* held, so that its connection is found again */
    shub_eagle_options opts; /* numbers filled in; its strings are ours */
    char *strings[10];       /* what opts points to, to be wiped and freed */
    size_t string_count;
    char basic[8]; /* the id in base64: how the text of Basic authentication begins */
    uint64_t random;

    /* What is known of the gateway. */
    shub_eagle_transport speaks; /* SHUB_EAGLE_AUTO: not asked yet */
    int confirmed;               /* it answered as `speaks` says */
    shub_eagle_guard *guard;     /* of its totals */
    char *meter; /* EAGLE-200: as device_list wrote it; NULL: not asked yet */
    char *radio; /* cgi_manager: as get_device_list wrote it; NULL: not asked yet */
    /* cgi_manager: its meter in samples; empty: not known */
    char named[SHUB__EAGLE_MAC_MAX];
    int64_t next_ms; /* no request before */
    int failures;    /* polls failed in a row */
    int rests;       /* times the circuit opened in a row */
    int64_t open_until_ms;

    /* Whom to tell that a poll is finished; may be NULL. */
    void (*on_finish)(void *user);
    void *user;

    /* The poll. */
    shub__eagle_state state;
    shub__timer timer;
    shub__http *http; /* in flight, or kept for the next; NULL before the first */
    shub__eagle_place http_place; /* where it goes */
    shub__http *nudge; /* in flight, to a stuck EAGLE-100's cgi_manager; else NULL */
    enum { SHUB__NUDGE_NOT, SHUB__NUDGE_DUE, SHUB__NUDGE_SENT } nudged; /* in this poll */
    shub_eagle_command command;
    shub__eagle_place place; /* where the command goes */
    int attempt;             /* of the command, from 0 */
    int attempts_max;
    int64_t started_ms; /* of the poll's first request; 0: none came to an end yet */
    uint32_t left;      /* SHUB_EAGLE_READ_ bits still to ask for */
    int listing;        /* 1: the gateway's devices are asked for, in place of readings */
    shub__eagle_sent *sent; /* this command is sent, in place of readings; else NULL */
    shub_status status;
    shub_error err;
    struct {
        shub_eagle_reply *reply;
        int64_t arrival_us;
    } replies[SHUB__EAGLE_READS];
    size_t reply_count;
};

/* client_options.c: checks the options and copies them. Errors: SHUB_E_INVALID,
 * SHUB_E_NOMEM; what was copied is freed by shub__eagle_free_options. */
shub_status shub__eagle_copy_options(shub_eagle *eagle, const shub_eagle_options *opts,
                                     shub_error *err);
void shub__eagle_free_options(shub_eagle *eagle);

/* client.c: SHUB_OK when nothing is started yet and the circuit is closed. */
shub_status shub__eagle_may_start(const shub_eagle *eagle, shub_error *err);
/* Runs the loop until what was started is done. */
shub_status shub__eagle_wait(shub_eagle *eagle, shub_error *err);

/* client_send.c: the timer's function sends the command whose turn it is. */
void shub__eagle_send(void *eagle);
/* Lets at least the gap, or the time that the gateway wishes, go by before the next
 * request. */
void shub__eagle_keep_distance(shub_eagle *eagle, int64_t retry_after_us);

/* client_poll.c: takes an answer to the command. */
void shub__eagle_on_done(const shub__http_result *result, void *eagle);
void shub__eagle_finish(shub_eagle *eagle, shub_status status);
void shub__eagle_begin(shub_eagle *eagle);
/* Gives up what is in flight; the poll is as if never started. */
void shub__eagle_abandon(shub_eagle *eagle);
void shub__eagle_forget_replies(shub_eagle *eagle);

/* client_command.c: ends the command that the program sent, if any. */
void shub__eagle_forget_sent(shub_eagle *eagle);
/* The command whose turn it is when it is the program's own, not one that finds out an
 * address for it; else NULL. */
const shub__eagle_sent *shub__eagle_own(const shub_eagle *eagle);
/* What to ask next, and where, when a command is sent. */
void shub__eagle_choose_sent(shub_eagle *eagle);

/* client_reply.c: the status of an answer to the eagle's command, and the reply when it
 * is SHUB_OK; NULL when the program's own command may be answered so. `err` is filled in
 * otherwise. */
shub_status shub__eagle_judge(const shub_eagle *eagle, const shub__http_result *result,
                              shub_eagle_reply **reply, shub_error *err);
/* 1 when an answer of this status says that the command is not understood, so that
 * another kind of gateway may be there. */
int shub__eagle_is_foreign(shub_status status);
/* 1 when it says that what the command was sent to is not there. */
int shub__eagle_is_missing(const shub_error *err);
/* The address of the meter to read, of a device_list's reply: the one the options name,
 * else the first that is Connected, else the first that says no status. Errors:
 * SHUB_E_NOT_JOINED, SHUB_E_NOMEM. Lifetime: free `meter` with shub__free. */
shub_status shub__eagle_choose_meter(const shub_eagle *eagle,
                                     const shub_eagle_reply *list, char **meter,
                                     shub_error *err);
/* The address of the radio, of a get_device_list's reply. Errors: SHUB_E_NOMEM. Lifetime:
 * free `radio` with shub__free. */
shub_status shub__eagle_choose_radio(const shub_eagle_reply *list, char **radio,
                                     shub_error *err);
/* Replaces every credential in a text by stars. */
void shub__eagle_mask(const shub_eagle *eagle, char *text);

#endif
