/* JSON as Python's json.dumps(value, separators=(",", ":")) writes it. */
#ifndef SHUB_WEBHOOK_PYTHON_JSON_H
#define SHUB_WEBHOOK_PYTHON_JSON_H

#include "base/json.h"

/* Writes the value that is due as Python writes it again after json.loads: without
 * spaces, strings in ASCII, numbers with '.' or exponent as repr says them. What is wrong
 * with it sticks in `j`. */
void shub__python_value(shub__json *j, shub__buf *out);
void shub__python_string(shub_slice text, shub__buf *out);

#endif
