#include "ship/dest.h"

#include "base/error.h"
#include "base/text.h"

static const struct {
    const char *scheme;
    shub_status (*open)(shub_slice url, const shub__dest_options *opts, shub__dest **dest,
                        shub_error *err);
} kinds[] = {
    {"file://", shub__folder_open},
    {"s3://", shub__bucket_open},
};

shub_status shub__dest_open(const char *url, const shub__dest_options *opts,
                            shub__dest **dest, shub_error *err)
{
    shub_slice text = shub_str(url);

    *dest = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (shub__starts_with(text, shub_str(kinds[i].scheme)))
            return kinds[i].open(text, opts, dest, err);
    return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                      "destination \"%.*s\": want file:///folder or s3://bucket",
                      SHUB__SHOW(text));
}
