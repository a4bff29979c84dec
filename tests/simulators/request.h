/* What a client asks for: commands and the elements of their XML bodies. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. */
struct span {
    const char *data;
    size_t size;
};

#define SIM_COMMANDS(X)                                                                  \
    X(get_network_info)                                                                  \
    X(get_network_status)                                                                \
    X(get_instantaneous_demand)                                                          \
    X(get_price)                                                                         \
    X(get_message)                                                                       \
    X(get_current_summation)                                                             \
    X(get_history_data)                                                                  \
    X(get_schedule)                                                                      \
    X(get_demand_peaks)                                                                  \
    X(get_device_list)                                                                   \
    X(get_usage_data)                                                                    \
    X(get_timezone)                                                                      \
    X(get_historical_data)                                                               \
    X(get_gateway_info)                                                                  \
    X(get_time_source)                                                                   \
    X(get_uploaders)                                                                     \
    X(get_device_config)                                                                 \
    X(set_price)                                                                         \
    X(set_fast_poll)                                                                     \
    X(set_schedule)                                                                      \
    X(confirm_message)                                                                   \
    X(device_list)                                                                       \
    X(device_details)                                                                    \
    X(device_query)                                                                      \
    X(device_control)                                                                    \
    X(wifi_status)                                                                       \
    X(other)

enum command {
#define X(name) COMMAND_##name,
    SIM_COMMANDS(X)
#undef X
        COMMAND_COUNT
};

const char *command_name(enum command command);

/* The command of this name; COMMAND_other when unknown. */
enum command request_named(struct span name);

/* The command whose <Name> comes first in the text; COMMAND_other when unknown. */
enum command request_command(struct span text);

/*
 * Finds the next <name>content</name> in *text, letter case ignored as the gateways do
 * (EAGLE REST API 1.0 p.8). Gives the trimmed content and moves *text behind the element.
 */
bool request_element(struct span *text, const char *name, struct span *content);

/* True when the first <name> element holds this value, letter case ignored. */
bool request_has(struct span text, const char *name, const char *value);

/* The hexadecimal number of the first <name> element, as in 0xd8d5b90000002aeb. */
bool request_hex(struct span text, const char *name, uint64_t *number);

bool span_equals(struct span span, const char *text);

#endif
