# SPDX-License-Identifier: MIT
# Where functions can be attached to, a call's path is what the kernel found, whatever its text said: through a symbolic
# link, `..`, /proc/self/root, from a folder, or changed by another thread. What is said of each call is its path.
#
# needs: eunomia
# helper: files_hooks_static
# expect: hooks.doctor
# expect: hooks.end
# expect: hooks.unlink
# expect: hooks.unlink_relative
# expect: hooks.unlinkat
# expect: hooks.rmdir
# expect: hooks.link
# expect: hooks.symlink
# expect: hooks.chmod
# expect: hooks.chown
# expect: hooks.truncate
# expect: hooks.mkdir
# expect: hooks.mkdir_in_mount
# expect: hooks.mknod
# expect: hooks.rename
# expect: hooks.mount
# expect: hooks.move_mount
# expect: hooks.pivot_root
# expect: hooks.umount
# expect: hooks.failed
# expect: hooks.text
# expect: hooks.life
# expect: hooks.life_end
. /tests/lib.sh

real=/tmp/hooks/real
eunomia doctor --plugin files --fmt json >/tmp/doctor.json
grep 'files/hook_' /tmp/doctor.json >/tmp/hooks.json
check hooks.doctor "$(grep -c . /tmp/hooks.json) hooks, not all attached: $(grep -v '"ok"' /tmp/hooks.json)" \
	sh -c '[ "$(grep -c . /tmp/hooks.json)" = 14 ] && ! grep -v "\"ok\"" /tmp/hooks.json'

trace hooks /tmp/found.json --plugin files
status=$?
check hooks.end "eunomia ended with $status, not 0: $(tail -n 1 /tmp/found.json.err)" [ $status = 0 ]

# is NAME SOURCE TEXT...: a record holds all the texts and says that its path is from SOURCE.
is() {
	local name=$1 source=$2 text
	shift 2
	grep -F "\"path_source\":\"$source\"" /tmp/found.json >/tmp/left
	for text; do
		grep -F -- "$text" /tmp/left >/tmp/less
		mv /tmp/less /tmp/left
	done
	check "hooks.$name" "no record with $source $*" [ -s /tmp/left ]
}

is unlink kernel '"call":"unlink"' "\"path\":\"$real/a\"" '"name":"link/../real/../link/a"' '"event_flags":[]'
is unlink_relative kernel '"call":"unlink"' "\"path\":\"$real/c\"" '"name":"../link/c"'
is unlinkat kernel '"call":"unlinkat"' "\"path\":\"$real/pipe\""
is rmdir kernel '"call":"rmdir"' "\"path\":\"$real/d\""
is link kernel '"call":"link"' "\"target\":\"$real/b\"" "\"path\":\"$real/c\""
is symlink kernel '"call":"symlink"' '"target":"text"' "\"path\":\"$real/s\""
is chmod kernel "\"path\":\"$real/b\"" '"mode_new":416'
is chown kernel "\"path\":\"$real/b\"" '"owner_uid":1'
is truncate kernel "\"path\":\"$real/b\"" '"length":1'
is mkdir kernel "\"path\":\"$real/d\""
is mkdir_in_mount kernel "\"path\":\"$real/m/in\""
is mknod kernel "\"path\":\"$real/pipe\"" '"type":"fifo"'
is rename kernel "\"old_path\":\"$real/secret\"" "\"new_path\":\"$real/moved\"" decoy
is mount kernel '"call":"mount"' "\"path\":\"$real/m\""
is move_mount kernel '"call":"move_mount"' "\"source\":\"$real/m\"" "\"path\":\"$real/n\""
is pivot_root kernel '"call":"pivot_root"' "\"source\":\"$real/n/in\"" "\"path\":\"$real/n\""
is umount kernel '"call":"umount2"' "\"path\":\"$real/n\""
is failed user '"path":"/tmp/hooks/link/none"' '"ret":-2'
check hooks.text "a call that the kernel resolved is told by its text" \
	[ "$(grep -c '"path_source":"user"' /tmp/found.json)" = 1 ]

# By itself: nothing but files.life's own programs and the hooks. What is created here is deleted through a link, `..`, or
# after a rename that another thread hid.
rm -r /tmp/hooks
trace hooks /tmp/life.json --plugin files --streams files.life
status=$?
check hooks.life_end "eunomia ended with $status, not 0: $(tail -n 1 /tmp/life.json.err)" [ $status = 0 ]
sed 's/.*"path":"\([^"]*\)".*/\1/' /tmp/life.json | sort >/tmp/gone
check hooks.life "gone: $(cat /tmp/gone)" \
	[ "$(paste -s -d ' ' /tmp/gone)" = "$real/a $real/c $real/moved $real/pipe" ]
