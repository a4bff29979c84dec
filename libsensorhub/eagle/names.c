#include <sensorhub/eagle.h>

static const char *const roots[] = {
    "unknown",     "demand",       "summation", "price",          "network",
    "device",      "message",      "time",      "device_info",    "schedule",
    "block_price", "demand_peaks", "profile",   "billing_period", "fast_poll",
    "meter_info",  "attributes",   "wifi",      "mdns",           "interval",
    "cgi",         "rfa",          "simple",
};

static const char *const families[] = {"unknown", "fragment", "device_list",
                                       "device",  "upload",   "cgi"};

static const char *name_of(const char *const *names, size_t count, int number)
{
    return number >= 0 && (size_t)number < count ? names[number] : NULL;
}

const char *shub_eagle_root_name(shub_eagle_root root)
{
    return name_of(roots, sizeof roots / sizeof *roots, (int)root);
}

const char *shub_eagle_family_name(shub_eagle_family family)
{
    return name_of(families, sizeof families / sizeof *families, (int)family);
}
