#!/bin/sh
# The log for long: every fault at every call in every combination, and a hundred real kills.
set -eu
SHUB_CRASH_FULL=1 "$SHUB_BUILD/tests/unit/crash_log"
SHUB_KILLS=100 CK_RUN_CASE=processes "$SHUB_BUILD/tests/unit/test_log_process"
