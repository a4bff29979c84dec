#include "base/text.h"
#include "s3/chain.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_MAX 64 /* bytes of an address as text */

/* Where ECS and EKS serve keys (AWS SDKs and Tools Reference Guide, "Container credential
 * provider"). */
static const char *const hosts_4[] = {"169.254.170.2", "169.254.170.23"};
static const char *const hosts_6[] = {"fd00:ec2::23", "::1"};

static int is_host_4(const char *host)
{
    struct in_addr addr, other;

    if (inet_pton(AF_INET, host, &addr) != 1)
        return 0;
    if (ntohl(addr.s_addr) >> 24 == 127)
        return 1;
    for (size_t i = 0; i < sizeof hosts_4 / sizeof *hosts_4; i++)
        if (inet_pton(AF_INET, hosts_4[i], &other) == 1 && addr.s_addr == other.s_addr)
            return 1;
    return 0;
}

static int is_host_6(const char *host)
{
    struct in6_addr addr, other;

    if (inet_pton(AF_INET6, host, &addr) != 1)
        return 0;
    for (size_t i = 0; i < sizeof hosts_6 / sizeof *hosts_6; i++)
        if (inet_pton(AF_INET6, hosts_6[i], &other) == 1 &&
            memcmp(&addr, &other, sizeof addr) == 0)
            return 1;
    return 0;
}

/* "HOST" or "HOST:PORT" of digits; another byte could make another reader of the URL see
 * another host. */
static int is_port(shub_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!shub__is_digit(text.ptr[i]))
            return 0;
    return 1;
}

static shub_slice authority_of(shub_slice text)
{
    size_t len = 0;

    while (len < text.len && !strchr("/?#", text.ptr[len]))
        len++;
    return shub_bytes(text.ptr, len);
}

static int copy(shub_slice text, char dst[HOST_MAX])
{
    if (!text.len || text.len >= HOST_MAX)
        return 0;
    memcpy(dst, text.ptr, text.len);
    dst[text.len] = '\0';
    return 1;
}

int shub__s3_container_url_allowed(shub_slice url)
{
    static const char http[] = "http://";
    size_t len = sizeof http - 1;
    shub_slice authority, host, port;
    char text[HOST_MAX];

    if (shub__starts_with(url, SHUB_LIT("https://")))
        return 1;
    if (!shub__starts_with(url, shub_str(http)))
        return 0;
    authority = authority_of(shub_bytes(url.ptr + len, url.len - len));
    if (authority.len && authority.ptr[0] == '[') {
        authority.ptr++;
        authority.len--;
        return shub__cut(authority, ']', &host, &port) && copy(host, text) &&
               (!port.len || port.ptr[0] == ':') &&
               is_port(shub_bytes(port.ptr + !!port.len, port.len - !!port.len)) &&
               is_host_6(text);
    }
    (void)shub__cut(authority, ':', &host, &port);
    return is_port(port) && copy(host, text) &&
           (is_host_4(text) || strcmp(text, "localhost") == 0);
}
