# SPDX-License-Identifier: MIT
# 32-bit programs by both entries, and one that makes the calls of all plugins.
/tests/bin/compat && : >/tmp/compat.done
/tests/bin/vdso && : >/tmp/vdso.done
mkdir /tmp/ia32
cd /tmp/ia32
for plugin in files tcp ipc process; do
	/tests/bin/ia32_calls_static $plugin && : >/tmp/ia32-$plugin.done
done
cd /
rm -rf /tmp/ia32
