/* What a program of somebody else's does, in the C and C++ they have in common: make a
 * sample, print its JSON line. The installation tests build it in every way they know. */
#include <sensorhub.h>

#include <stdio.h>

int main(void)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_sample sample = SHUB_SAMPLE_INIT;
    shub_batch *batch = NULL;
    shub_slice text;

    if (shub_batch_new(&batch, &err) != SHUB_OK)
        goto fail;
    sample.device = SHUB_LIT("0x00135003007c2d12");
    sample.quantity = SHUB_LIT("power");
    sample.unit = SHUB_LIT("kW");
    sample.time_us = 1426010041 * SHUB_SECOND_US;
    sample.value = shub_double(0.944);
    if (shub_batch_append(batch, &sample, &err) != SHUB_OK)
        goto fail;
    if (shub_batch_to_jsonl(batch, &text, &err) != SHUB_OK)
        goto fail;
    fwrite(text.ptr, 1, text.len, stdout);
    shub_batch_free(batch);
    return 0;

fail:
    fprintf(stderr, "%s\n", err.message);
    shub_batch_free(batch);
    return 1;
}
