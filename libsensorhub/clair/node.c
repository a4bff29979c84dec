#include "clair/node.h"

#include "base/error.h"
#include "base/text.h"
#include "clair/sha256.h"

#include <string.h>

enum { EUI_LEN = 8, EUI_DIGITS = 2 * EUI_LEN, PREFIX_MAX = 16 };

/* types.py: the prefixes of ClairchenDeviceUUID, ErsDeviceUUID, OY1012DeviceUUID. */
static const struct {
    const char *protocol;
    const char *prefix;
} protocols[] = {
    {"clairchen", "CLAIRCHEN"},
    {"ers", "ELSYSERS"},
    {"oy1012", "TALKPOOLOY1012"},
};
enum { PROTOCOLS = sizeof protocols / sizeof protocols[0] };

/* ---- text ---------------------------------------------------------------------- */

/* Bytes of each group of digits (RFC 4122 section 3). */
static const size_t groups[] = {4, 2, 2, 2, 6};
enum { GROUPS = sizeof groups / sizeof groups[0] };

int shub__node_read(shub_slice text, unsigned char node[SHUB__NODE_LEN])
{
    size_t len;

    if (text.len != SHUB_CLAIR_NODE_MAX - 1)
        return 0;
    for (size_t i = 0; i < GROUPS; i++) {
        shub_slice digits = {text.ptr, 2 * groups[i]};
        if (shub__hex_read(digits, node, groups[i], &len))
            return 0;
        if (i + 1 < GROUPS && text.ptr[digits.len] != '-')
            return 0;
        node += groups[i];
        text.ptr += digits.len + 1;
    }
    return 1;
}

void shub__node_write(const unsigned char node[SHUB__NODE_LEN],
                      char text[SHUB_CLAIR_NODE_MAX])
{
    for (size_t i = 0; i < GROUPS; i++) {
        shub__hex_write(node, groups[i], text);
        node += groups[i];
        text += 2 * groups[i];
        *text++ = i + 1 < GROUPS ? '-' : '\0';
    }
}

/* ---- ids of devices ------------------------------------------------------------ */

static void hash(shub_slice prefix, const void *name, size_t len,
                 unsigned char node[SHUB__NODE_LEN])
{
    char text[PREFIX_MAX + EUI_DIGITS];
    unsigned char sum[32];

    memcpy(text, prefix.ptr, prefix.len);
    memcpy(text + prefix.len, name, len);
    shub__sha256_short(text, prefix.len + len, sum);
    memcpy(node, sum, SHUB__NODE_LEN);
}

/* Empty when there is none. */
static shub_slice prefix_of(shub_slice protocol)
{
    for (size_t i = 0; i < PROTOCOLS; i++)
        if (shub_slice_equal(protocol, shub_str(protocols[i].protocol)))
            return shub_str(protocols[i].prefix);
    return shub_str(NULL);
}

/* Digits as DevEUIs are printed. */
static void upper(const unsigned char eui[EUI_LEN], char digits[EUI_DIGITS])
{
    shub__hex_write(eui, EUI_LEN, digits);
    for (int i = 0; i < EUI_DIGITS; i++)
        if (digits[i] >= 'a')
            digits[i] = (char)(digits[i] - 'a' + 'A');
}

shub_status shub__node_of(shub_slice protocol, shub_slice dev_eui,
                          unsigned char node[SHUB__NODE_LEN],
                          unsigned char older[SHUB__NODE_LEN], shub_error *err)
{
    shub_slice prefix = prefix_of(protocol);
    unsigned char eui[EUI_LEN];
    char digits[EUI_DIGITS];
    size_t len;

    if (!prefix.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "Clair has no protocol \"%.*s\"", SHUB__SHOW(protocol));
    if (shub__hex_read(dev_eui, eui, sizeof eui, &len) || len != sizeof eui)
        return shub__fail(err, SHUB_E_FORMAT, SHUB_NONE,
                          "EUI \"%.*s\" is no %d hexadecimal digits", SHUB__SHOW(dev_eui),
                          EUI_DIGITS);
    hash(prefix, eui, sizeof eui, node);
    if (!older)
        return SHUB_OK;
    upper(eui, digits);
    hash(prefix, digits, sizeof digits, older);
    return SHUB_OK;
}

shub_status shub_clair_node(shub_slice protocol, shub_slice dev_eui,
                            char text[SHUB_CLAIR_NODE_MAX], shub_error *err)
{
    unsigned char node[SHUB__NODE_LEN];
    shub_status status = shub__node_of(protocol, dev_eui, node, NULL, err);

    memset(text, 0, SHUB_CLAIR_NODE_MAX);
    if (status == SHUB_OK)
        shub__node_write(node, text);
    return status;
}
