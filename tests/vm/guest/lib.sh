# SPDX-License-Identifier: MIT
# What the tests share. Sourced by busybox sh.

result() {
	echo "VM-RESULT $*" | tr '\n' ' ' | sed 's/ *$/\n/' >/dev/ttyS2
	echo "$*"
}

pass() {
	result "$1 pass"
}

fail() {
	result "$1 fail $2"
}

# check NAME REASON COMMAND...: passes when the command succeeds, else fails for that reason.
check() {
	local name=$1 reason=$2
	shift 2
	if "$@" >/dev/null; then pass "$name"; else fail "$name" "$reason"; fi
}

# wait_for COMMAND...: until it succeeds, at most 40 s.
wait_for() {
	local turn
	for turn in $(seq 400); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

started_or_gone() {
	grep -q '^eunomia: started' "$1" || ! kill -0 "$2" 2>/dev/null
}

# trace WORK OUTPUT OPTION...: a shell waits, eunomia attaches to it, the shell does work/WORK.sh and ends, and with it
# eunomia, by itself. Returns eunomia's status; its stderr is in OUTPUT.err.
trace() {
	local work=$1 output=$2 worker tracer status
	shift 2
	rm -f "$output" "$output.err" /tmp/go
	mkfifo /tmp/go
	sh -c 'read -r go </tmp/go; . "$0"' "/tests/work/$work.sh" &
	worker=$!
	timeout -k 1 60 eunomia -p "$worker" --follow --fmt json -o "$output" "$@" 2>"$output.err" &
	tracer=$!
	wait_for started_or_gone "$output.err" "$tracer" || kill "$tracer"
	echo go >/tmp/go
	wait "$worker"
	wait "$tracer"
	status=$?
	cat "$output.err"
	return $status
}

# expected PREFIX: the lines `# expect: PREFIX...` of this test, without the prefix.
expected() {
	sed -n "s/^# expect: $1//p" "$0"
}

# records OUTPUT PLUGIN [VARIANT]: each expected VARIANT:PLUGIN.STREAM TEXT must have a record that holds the text.
records() {
	local output=$1 plugin=$2 variant=${3:+$3:} stream text
	expected "$variant$plugin\\." | while read -r stream text; do
		grep -F "\"stream\":\"$plugin.$stream\"" "$output" >/tmp/records
		check "$variant$plugin.$stream" "$(wc -l </tmp/records) records, none with '$text'" grep -qF -- "$text" /tmp/records
	done
}
