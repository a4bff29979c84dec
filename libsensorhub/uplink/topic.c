/* Topics of MQTT: they name what documents leave out. */
#include "base/text.h"
#include "uplink/reading.h"

enum { WORDS = 7 };

/* Words between the '/'; how many, 0 for more than there is room for. */
static size_t split(shub_slice topic, shub_slice words[WORDS])
{
    size_t count = 0;
    while (count < WORDS) {
        shub_slice rest;
        int more = shub__cut(topic, '/', &words[count++], &rest);
        if (!more)
            return count;
        topic = rest;
    }
    return 0;
}

/* v3/{application}@{tenant}/devices/{device}/up */
static void ttn_topic(shub__reading *r, const shub_slice *words)
{
    shub_slice application, tenant;
    shub__cut(words[1], '@', &application, &tenant);
    r->up.application = shub__reading_keep(r, application);
    r->up.tenant = shub__reading_keep(r, tenant);
    r->up.device = shub__reading_keep(r, words[3]);
}

/* application/{application}/device/{EUI}/event/{event} */
static void chirpstack_topic(shub__reading *r, const shub_slice *words)
{
    r->up.application = shub__reading_keep(r, words[1]);
    r->dev_eui.text = words[3];
    if (!r->said)
        r->said = shub__chirpstack_word(words[5]);
}

void shub__uplink_topic(shub__reading *r, shub_slice topic)
{
    shub_slice words[WORDS];
    size_t count = split(topic, words);
    if (count >= 5 && shub__json_is(words[0], "v3") && shub__json_is(words[2], "devices"))
        ttn_topic(r, words);
    else if (count == 6 && shub__json_is(words[0], "application"))
        chirpstack_topic(r, words);
    else if (count >= 3 && shub__json_is(words[0], "osm"))
        r->up.device = shub__reading_keep(r, words[1]);
}
