# SPDX-License-Identifier: MIT
# Opens, closes and removes /tmp/compat-new by 32-bit system calls.
/tests/bin/compat && : >/tmp/compat.done
