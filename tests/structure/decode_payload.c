/* What an embedder's smallest decoder is: a payload in, JSON lines out, any decoder. */
#include <sensorhub/payload.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    static const unsigned char payload[] = {0x01, 0x00, 0xe2, 0x02,
                                            0x29, 0x06, 0x03, 0x08};
    const char *name = argc > 1 ? argv[1] : "elsys";
    shub_error err = SHUB_ERROR_INIT;
    shub_frame frame = SHUB_FRAME_INIT;
    shub_batch *batch = NULL;
    shub_slice text;

    frame.payload = shub_bytes(payload, sizeof payload);
    frame.device = SHUB_LIT("a81758fffe052b0f");
    frame.time_us = 1598966251 * SHUB_SECOND_US;
    if (shub_batch_new(&batch, &err) != SHUB_OK ||
        shub_decode(shub_decoder_find(NULL, shub_str(name)), &frame, batch, &err) !=
            SHUB_OK ||
        shub_batch_to_jsonl(batch, &text, &err) != SHUB_OK)
        fprintf(stderr, "%s\n", err.message);
    else
        fwrite(text.ptr, 1, text.len, stdout);
    shub_batch_free(batch);
    return err.code ? 1 : 0;
}
