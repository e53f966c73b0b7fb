# SPDX-License-Identifier: MIT
# One call or more of each stream.
/tests/bin/ipc_all
