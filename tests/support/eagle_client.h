/* A loop, a batch, simulated gateways or a scripted peer, and a client of one of them:
 * what the tests of the client share. */
#ifndef TESTS_SUPPORT_EAGLE_CLIENT_H
#define TESTS_SUPPORT_EAGLE_CLIENT_H

#include "support/gateways.h"
#include "support/peer.h"
#include "support/suite.h"

#include <sensorhub/eagle.h>

#define ALL_READS                                                                        \
    (SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION | SHUB_EAGLE_READ_PRICE |        \
     SHUB_EAGLE_READ_NETWORK)
#define CODE "0badc0de0badc0de"
#define DEMAND                                                                           \
    "<InstantaneousDemand><DeviceMacId>0xd8d5b90000000cee</DeviceMacId>"                 \
    "<MeterMacId>0x00135003007c2d12</MeterMacId><TimeStamp>0x185adc1d</TimeStamp>"       \
    "<Demand>0x0003b0</Demand><Multiplier>0x00000001</Multiplier>"                       \
    "<Divisor>0x000003e8</Divisor></InstantaneousDemand>"

static shub_loop *loop;
static shub_batch *batch;
static gateways *sim;
static shub_error err;

static inline void open_loop(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    sim = NULL;
    err = init;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
}

static inline void close_loop(void)
{
    shub_loop_close(loop);
    shub_batch_free(batch);
    if (sim)
        gateways_stop(sim);
}

/* Starts gateways; the options for the first. */
static inline shub_eagle_options start(const char *options)
{
    sim = gateways_start(options);
    return gateways_options(sim, 0);
}

static inline shub_eagle *open_eagle(const shub_eagle_options *opts)
{
    shub_eagle *eagle;
    shub_status status = shub_eagle_open(loop, opts, &eagle, &err);

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
    return eagle;
}

static inline shub_status poll_once(shub_eagle *eagle)
{
    static const shub_error init = SHUB_ERROR_INIT;
    shub_status status;

    shub_batch_clear(batch);
    err = init;
    status = shub_eagle_poll(eagle, batch, &err);
    ck_assert_int_eq(status, err.code);
    return status;
}

static inline shub_eagle_options peer_options(const peer *p,
                                              shub_eagle_transport transport)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;

    opts.url = peer_url(p);
    opts.cloud_id = "004792";
    opts.install_code = CODE;
    opts.transport = transport;
    opts.retries = SHUB_NONE;
    opts.timeout_ms = 2000;
    opts.min_gap_ms = 5;
    opts.seed = 1;
    return opts;
}

/* Opens, polls and closes, everything anew: for oom_loop, with options. */
static inline shub_status poll_afresh(void *user)
{
    shub_loop *l = NULL;
    shub_batch *b = NULL;
    shub_eagle *eagle = NULL;
    shub_status status = shub_loop_open(&l, NULL);

    if (status == SHUB_OK)
        status = shub_batch_new(&b, NULL);
    if (status == SHUB_OK)
        status = shub_eagle_open(l, user, &eagle, NULL);
    if (status == SHUB_OK)
        status = shub_eagle_poll(eagle, b, NULL);
    shub_eagle_close(eagle);
    shub_batch_free(b);
    shub_loop_close(l);
    return status;
}

#endif
