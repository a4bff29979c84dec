#include "eagle/build.h"

#include "base/text.h"

/* What a child of a certain name is; all other children of a container are fragments, all
 * other elements are fields. */
static const struct {
    shub__eagle_kind parent;
    shub__eagle_kind kind;
    const char *name;
} places[] = {
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_CONTAINER, "rainforest"},
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_CONTAINER, "DeviceList"},
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_CONTAINER, "HistoryData"},
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_CONTAINER, "ScheduleList"},
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_CONTAINER, "NetworkList"},
    {SHUB__EAGLE_CONTAINER, SHUB__EAGLE_DEVICE, "Device"},
    {SHUB__EAGLE_DEVICE, SHUB__EAGLE_COMPONENTS, "Components"},
    {SHUB__EAGLE_COMPONENTS, SHUB__EAGLE_COMPONENT, "Component"},
    {SHUB__EAGLE_COMPONENT, SHUB__EAGLE_VARIABLES, "Variables"},
    {SHUB__EAGLE_FRAGMENT, SHUB__EAGLE_VARIABLES, "Variables"}, /* of XmlSimple */
    {SHUB__EAGLE_VARIABLES, SHUB__EAGLE_VARIABLE, "Variable"},
};

static const struct {
    const char *name;
    shub_eagle_root root;
} roots[] = {
    {"InstantaneousDemand", SHUB_EAGLE_ROOT_DEMAND},
    {"CurrentSummation", SHUB_EAGLE_ROOT_SUMMATION},
    {"CurrentSummationDelivered", SHUB_EAGLE_ROOT_SUMMATION},
    {"PriceCluster", SHUB_EAGLE_ROOT_PRICE},
    {"NetworkInfo", SHUB_EAGLE_ROOT_NETWORK},
    {"NetworkStatus", SHUB_EAGLE_ROOT_NETWORK},
    {"ConnectionStatus", SHUB_EAGLE_ROOT_NETWORK},
    {"MessageCluster", SHUB_EAGLE_ROOT_MESSAGE},
    {"TimeCluster", SHUB_EAGLE_ROOT_TIME},
    {"DeviceInfo", SHUB_EAGLE_ROOT_DEVICE_INFO},
    {"ScheduleInfo", SHUB_EAGLE_ROOT_SCHEDULE},
    {"BlockPriceDetail", SHUB_EAGLE_ROOT_BLOCK_PRICE},
    {"DemandPeaks", SHUB_EAGLE_ROOT_DEMAND_PEAKS},
    {"ProfileData", SHUB_EAGLE_ROOT_PROFILE},
    {"BillingPeriodList", SHUB_EAGLE_ROOT_BILLING_PERIOD},
    {"FastPollStatus", SHUB_EAGLE_ROOT_FAST_POLL},
    {"MeterInfo", SHUB_EAGLE_ROOT_METER_INFO},
    {"ReadAttributesResponse", SHUB_EAGLE_ROOT_ATTRIBUTES},
    {"WiFiStatus", SHUB_EAGLE_ROOT_WIFI},
    {"mDnsStatus", SHUB_EAGLE_ROOT_MDNS},
    {"Reading", SHUB_EAGLE_ROOT_INTERVAL},
    {"XmlSimple", SHUB_EAGLE_ROOT_SIMPLE},
};

static const struct {
    const char *name;
    shub_eagle_family family;
} families[] = {
    {"rainforest", SHUB_EAGLE_FAMILY_UPLOAD},
    {"DeviceList", SHUB_EAGLE_FAMILY_DEVICE_LIST},
    {"Device", SHUB_EAGLE_FAMILY_DEVICE},
    {"HistoryData", SHUB_EAGLE_FAMILY_FRAGMENT},
    {"ScheduleList", SHUB_EAGLE_FAMILY_FRAGMENT},
    {"NetworkList", SHUB_EAGLE_FAMILY_FRAGMENT},
};

shub__eagle_kind shub__eagle_kind_of(shub__eagle_kind parent, shub_slice name)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].parent == parent && shub__eagle_is(name, places[i].name))
            return places[i].kind;
    return parent == SHUB__EAGLE_CONTAINER ? SHUB__EAGLE_FRAGMENT : SHUB__EAGLE_FIELD;
}

shub_eagle_root shub__eagle_root_of(shub_slice name)
{
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (shub__eagle_is(name, roots[i].name))
            return roots[i].root;
    return SHUB_EAGLE_ROOT_UNKNOWN;
}

shub_eagle_family shub__eagle_family_of(shub_slice name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (shub__eagle_is(name, families[i].name))
            return families[i].family;
    return shub__eagle_root_of(name) == SHUB_EAGLE_ROOT_UNKNOWN
               ? SHUB_EAGLE_FAMILY_UNKNOWN
               : SHUB_EAGLE_FAMILY_FRAGMENT;
}
