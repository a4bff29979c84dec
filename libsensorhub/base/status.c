#include <sensorhub/base.h>

typedef struct status_row {
    shub_status status;
    shub_class klass;
    const char *name;
    const char *text;
} status_row;

#define STATUS_ROW(name, number, klass, text)                                            \
    {SHUB_##name, SHUB_CLASS_##klass, "SHUB_" #name, text},
static const status_row rows[] = {SHUB_STATUS_TABLE(STATUS_ROW)};
#undef STATUS_ROW

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static const status_row *find(shub_status status)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

const char *shub_status_name(shub_status status)
{
    const status_row *row = find(status);

    return row ? row->name : "SHUB_E_UNKNOWN";
}

const char *shub_status_text(shub_status status)
{
    const status_row *row = find(status);

    return row ? row->text : "unknown status";
}

shub_class shub_status_class(shub_status status)
{
    const status_row *row = find(status);

    return row ? row->klass : SHUB_CLASS_USAGE;
}

shub_status shub_status_at(size_t i)
{
    return i < ROW_COUNT ? rows[i].status : SHUB_STATUS_LAST_;
}

const char *shub_version(void)
{
    return SHUB_VERSION;
}
