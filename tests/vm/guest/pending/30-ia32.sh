# SPDX-License-Identifier: MIT
# The system calls of a 32-bit program are seen and flagged ia32.
#
# needs: eunomia
# program: compat.s
# expect: ia32:files.open /tmp/compat-new
# expect: ia32:files.unlink /tmp/compat-new
# expect: ia32:program
# expect: ia32:flag
# expect: ia32:end.files
. /tests/lib.sh

trace compat /tmp/ia32.json --plugin files --ia32 on
status=$?
check ia32:end.files "eunomia ended with $status, not 0: $(tail -n 1 /tmp/ia32.json.err)" [ $status = 0 ]
check ia32:program "the 32-bit program failed" [ -e /tmp/compat.done ]
records /tmp/ia32.json files ia32
grep -F /tmp/compat-new /tmp/ia32.json | grep -v '"event_flags":\[[^]]*"ia32"' >/tmp/unflagged
check ia32:flag "a record without it: $(head -n 1 /tmp/unflagged)" [ ! -s /tmp/unflagged ]
