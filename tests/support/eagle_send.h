/* One client, one command after the other, and the reply to the last: what the tests of
 * commands share. */
#ifndef TESTS_SUPPORT_EAGLE_SEND_H
#define TESTS_SUPPORT_EAGLE_SEND_H

#include "support/eagle_client.h"

static shub_eagle *eagle;
static shub_eagle_reply *reply;

static inline void set_up(void)
{
    eagle = NULL;
    reply = NULL;
    open_loop();
}

static inline void tear_down(void)
{
    shub_eagle_reply_free(reply);
    shub_eagle_close(eagle);
    close_loop();
}

static inline void reopen(const shub_eagle_options *opts)
{
    shub_eagle_close(eagle);
    eagle = open_eagle(opts);
}

static inline shub_status send_with(shub_eagle_command command,
                                    const shub_eagle_request_options *opts)
{
    shub_eagle_reply_free(reply);
    return shub_eagle_send(eagle, command, opts, &reply, &err);
}

static inline shub_slice field(const char *name)
{
    ck_assert_ptr_nonnull(reply);
    return shub_eagle_reading_field(shub_eagle_reply_at(reply, 0), shub_str(name));
}

/* With two retries. */
static inline shub_eagle_options patient_options(const peer *p)
{
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_AUTO);

    opts.retries = 2;
    return opts;
}

/* Every option that some change wants. */
static inline shub_eagle_request_options changes(void)
{
    static const shub_slice on_off = {"zigbee:OnOff", 12};
    static const shub_eagle_uploader uploader = {sizeof uploader,
                                                 {"mine", 4},
                                                 {NULL, 0},
                                                 {NULL, 0},
                                                 {"example.org", 11},
                                                 {"/eagle", 6},
                                                 {"X-Token: hush-hush", 18},
                                                 0,
                                                 1,
                                                 0,
                                                 0};
    shub_eagle_request_options o = SHUB_EAGLE_REQUEST_OPTIONS_INIT;

    o.mac_id = SHUB_LIT("0xd8d5b9000000abcd");
    o.hardware_address = SHUB_LIT("0xd0d5b9000000abcd");
    o.variables = &on_off;
    o.variable_count = 1;
    o.value = SHUB_LIT("on");
    o.event = SHUB_LIT("demand");
    o.price = SHUB_LIT("0.1287");
    o.frequency_s = 10;
    o.duration_min = 5;
    o.message_id = 7;
    o.allow_control = 1;
    o.uploader = &uploader;
    return o;
}

#define OK(body)                                                                         \
    {                                                                                    \
        PEER_OK(body), 0, 0                                                              \
    }

#define ROWS(array) (sizeof(array) / sizeof *(array))

#endif
