#include "net/loop.h"
#include "s3/client_provider.h"

#define DEADLINE_MS 60000
#define LOOK_MS     2 /* between the first looks; doubled up to the second */
#define LOOK_MAX_MS 100

shub_status shub__s3_process_begin(shub__s3_provider *p, shub_error *err)
{
    shub__words words;
    shub_status status = shub__words_split(&words, shub_str(p->chain.command), err);

    if (status != SHUB_OK)
        return status;
    shub__buf_clear(&p->output);
    status = shub__process_start(&words, &p->output, shub__loop_now_ms() + DEADLINE_MS,
                                 &p->process, err);
    shub__words_fini(&words);
    if (status != SHUB_OK)
        return status;
    p->look_ms = LOOK_MS;
    shub__timer_set(&p->timer, shub__loop_now_ms() + p->look_ms);
    return SHUB_OK;
}

void shub__s3_process_look(shub__s3_provider *p)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub__process_poll(p->process, shub__loop_now_ms(), &err);

    if (status == SHUB_E_AGAIN) {
        p->look_ms = 2 * p->look_ms < LOOK_MAX_MS ? 2 * p->look_ms : LOOK_MAX_MS;
        shub__timer_set(&p->timer, shub__loop_now_ms() + p->look_ms);
        return;
    }
    shub__process_end(p->process);
    p->process = NULL;
    if (status == SHUB_OK)
        status = shub__s3_metadata_read(SHUB__S3_METADATA_PROCESS,
                                        shub__buf_view(&p->output), &p->found, &err);
    shub__buf_fini(&p->output);
    if (status == SHUB_OK)
        shub__s3_fetch_next(p);
    else
        shub__s3_fetch_end(p, status, &err);
}
