#include "eagle/client.h"

#include "base/error.h"
#include "base/mem.h"

shub_status shub_eagle_open(shub_loop *loop, const shub_eagle_options *opts,
                            shub_eagle **eagle, shub_error *err)
{
    shub_eagle *e;
    shub_status status;

    *eagle = NULL;
    if (shub__loop_check(loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    e = shub__calloc(1, sizeof *e);
    if (!e)
        return shub__fail_nomem(err);
    e->loop = loop;
    status = shub__eagle_copy_options(e, opts, err);
    if (status == SHUB_OK)
        status = shub_eagle_guard_new(&e->guard, err);
    if (status == SHUB_OK)
        status = shub__peer_hold(loop, e->opts.url, &e->peer, err);
    if (status == SHUB_OK)
        status = shub__timer_join(shub__loop_timers(loop), &e->timer, shub__eagle_send, e,
                                  err);
    if (status != SHUB_OK) {
        shub__peer_release(e->peer);
        shub_eagle_guard_free(e->guard);
        shub__eagle_free_options(e);
        shub__free(e);
        return status;
    }
    e->speaks = (shub_eagle_transport)e->opts.transport;
    *eagle = e;
    return SHUB_OK;
}

void shub_eagle_close(shub_eagle *eagle)
{
    if (!eagle)
        return;
    shub__eagle_abandon(eagle);
    shub__timer_leave(&eagle->timer);
    shub__peer_release(eagle->peer);
    shub_eagle_guard_free(eagle->guard);
    shub__eagle_free_options(eagle);
    shub__free(eagle->meter);
    shub__free(eagle->radio);
    shub__free(eagle);
}

static shub_status check_circuit(const shub_eagle *eagle, shub_error *err)
{
    int64_t rest_ms = eagle->open_until_ms - shub__loop_now_ms();

    if (eagle->failures < eagle->opts.circuit_failures || rest_ms <= 0)
        return SHUB_OK;
    (void)shub__fail(err, SHUB_E_CIRCUIT, SHUB_NONE,
                     "%d polls failed in a row, resting for %lld ms", eagle->failures,
                     (long long)rest_ms);
    if (err)
        err->retry_after_us = rest_ms * 1000;
    return SHUB_E_CIRCUIT;
}

shub_status shub__eagle_may_start(const shub_eagle *eagle, shub_error *err)
{
    if (shub__loop_check(eagle->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    if (eagle->state != SHUB__EAGLE_IDLE)
        return shub__fail(err, SHUB_E_BUSY, SHUB_NONE, "%s",
                          eagle->state == SHUB__EAGLE_RUNNING
                              ? "a poll is running"
                              : "the result of the poll before was not taken");
    return check_circuit(eagle, err);
}

shub_status shub_eagle_start(shub_eagle *eagle, shub_error *err)
{
    shub_status status = shub__eagle_may_start(eagle, err);

    if (status == SHUB_OK)
        shub__eagle_begin(eagle);
    return status;
}

/* Appends what every reply says; the first failure is told. */
static shub_status append(const shub_eagle *eagle, shub_batch *batch, shub_error *err)
{
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_status first = SHUB_OK;
    size_t i;

    opts.guard = eagle->guard;
    opts.meter = shub_str(eagle->named);
    for (i = 0; i < eagle->reply_count; i++) {
        shub_status status;

        opts.arrival_us = eagle->replies[i].arrival_us;
        status = shub_eagle_reply_samples_with(eagle->replies[i].reply, &opts, batch,
                                               first ? NULL : err);
        if (first == SHUB_OK)
            first = status;
        if (status == SHUB_E_NOMEM || status == SHUB_E_LIMIT)
            break;
    }
    return first;
}

shub_status shub_eagle_take(shub_eagle *eagle, shub_batch *batch, shub_error *err)
{
    shub_status status;

    if (shub__loop_check(eagle->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    if (eagle->state != SHUB__EAGLE_DONE || eagle->listing || eagle->sent)
        return shub__fail(err, SHUB_E_AGAIN, SHUB_NONE, "%s",
                          eagle->state == SHUB__EAGLE_RUNNING ? "the poll is running"
                                                              : "no poll was started");
    eagle->state = SHUB__EAGLE_IDLE;
    status = append(eagle, batch, err);
    if (eagle->status == SHUB_OK)
        return status;
    if (err)
        *err = eagle->err;
    return eagle->status;
}

shub_status shub__eagle_wait(shub_eagle *eagle, shub_error *err)
{
    shub_status status = SHUB_OK;

    while (status == SHUB_OK && eagle->state == SHUB__EAGLE_RUNNING) {
        status = shub_loop_run_once(eagle->loop, SHUB_NONE, err);
        if (status != SHUB_OK)
            shub__eagle_abandon(eagle);
    }
    return status;
}

/* Starts a poll and runs the loop until it is done. */
static shub_status run(shub_eagle *eagle, shub_error *err)
{
    shub_status status = shub_eagle_start(eagle, err);

    return status == SHUB_OK ? shub__eagle_wait(eagle, err) : status;
}

shub_status shub_eagle_poll(shub_eagle *eagle, shub_batch *batch, shub_error *err)
{
    shub_status status = run(eagle, err);

    return status == SHUB_OK ? shub_eagle_take(eagle, batch, err) : status;
}

shub_status shub_eagle_detect(shub_eagle *eagle, shub_eagle_transport *transport,
                              shub_error *err)
{
    shub_status status;

    *transport = (shub_eagle_transport)eagle->opts.transport;
    if (*transport != SHUB_EAGLE_AUTO)
        return SHUB_OK;
    if ((status = run(eagle, err)) != SHUB_OK)
        return status;
    eagle->state = SHUB__EAGLE_IDLE;
    if (eagle->confirmed) {
        *transport = eagle->speaks;
        return SHUB_OK;
    }
    if (err)
        *err = eagle->err;
    return eagle->status;
}

const shub_eagle_reply *shub_eagle_last_reply(const shub_eagle *eagle, size_t i)
{
    if (eagle->state != SHUB__EAGLE_IDLE || i >= eagle->reply_count)
        return NULL;
    return eagle->replies[i].reply;
}

shub_eagle_transport shub_eagle_transport_used(const shub_eagle *eagle)
{
    if (eagle->opts.transport != SHUB_EAGLE_AUTO)
        return (shub_eagle_transport)eagle->opts.transport;
    return eagle->confirmed ? eagle->speaks : SHUB_EAGLE_AUTO;
}
