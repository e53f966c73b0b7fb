# SPDX-License-Identifier: MIT
/tests/bin/files_hooks_static /tmp/hooks
