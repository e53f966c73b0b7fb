#!/bin/sh
# SPDX-License-Identifier: MIT
# A third party's way: install, build a plugin outside the tree against what was installed, load it.
# third_party.sh CMAKE BUILD PROJECT CC GENERATOR
set -eu
cmake=$1 build=$2 project=$3 cc=$4 generator=$5

work=$(mktemp -d /tmp/eunomia-third-party-XXXXXX)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
umask 022

fail()
{
	echo "third_party: $*" >&2
	exit 1
}

# expect TEXT COMMAND...: its output must have TEXT in it
expect()
{
	text=$1
	shift
	"$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "'$*' failed"; }
	grep -qF -- "$text" "$work/out" || { cat "$work/out" >&2; fail "'$*' does not say '$text'"; }
}

install_sdk()
{
	"$cmake" --install "$build" --prefix "$prefix" >"$work/install.log" || { cat "$work/install.log" >&2; exit 1; }
	test -f "$prefix/include/eunomia/plugin.h" || fail "eunomia/plugin.h is not installed"
}

# With CMake, from a copy, so that nothing of the tree is within reach.
build_with_cmake()
{
	cp -r "$project" "$work/project"
	"$cmake" -S "$work/project" -B "$work/project/build" -G "$generator" -DCMAKE_C_COMPILER="$cc" \
		-DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
		"$cmake" --build "$work/project/build" --verbose >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")
	! grep -qF -e "$source/" "$work/log" || fail "the tree itself was used: $(grep -F "$source/" "$work/log")"
	mkdir "$work/cmake"
	cp "$work/project/build/hello.so" "$work/cmake/"
}

# By hand, with what pkg-config says.
build_by_hand()
{
	PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name eunomia.pc)")
	export PKG_CONFIG_PATH
	clang=$(sed -n 's/^EUNOMIA_CLANG:FILEPATH=//p' "$build/CMakeCache.txt")
	arch=$(uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/riscv64/riscv/')
	mkdir "$work/hand"
	cd "$work/project"
	"$clang" -g -O2 -target bpf -mcpu=v3 "-D__TARGET_ARCH_$arch" $(pkg-config --variable=bpf_cflags eunomia) \
		-c hello.bpf.c -o "$work/hand/hello.bpf.o"
	"$cc" $(pkg-config --cflags eunomia) -O2 -Wall -Wextra -Werror -DEUN_OBJECT_FILE="\"$work/hand/hello.bpf.o\"" \
		-fPIC -shared -nostartfiles hello.c -o "$work/hand/hello.so"
	cd /
	case $(pkg-config --variable=plugindir eunomia) in
	*/eunomia/plugins) ;;
	*) fail "pkg-config has no plugindir" ;;
	esac
}

# What the loader makes of both.
load()
{
	for how in cmake hand; do
		expect "plugin hello 1.0" "$build/bin/abi_inspect" "$work/$how/hello.so"
		expect "stream hello.exit, 1 fields" "$build/bin/abi_inspect" "$work/$how/hello.so"
	done
}

# Dropped into the installed host's plugin folder: found, listed and, as root, run on a process of ours.
use()
{
	host=$prefix/bin/eunomia
	plugins=$(pkg-config --variable=plugindir eunomia)
	test -f "$plugins/process.so" || fail "no plugins are installed in $plugins"
	cp "$work/cmake/hello.so" "$plugins/"
	expect "says that threads end" "$host" list plugins
	expect "hello.exit" "$host" inspect hello
	expect "hello.exit" "$host" inspect hello --plugin-path "$work/hand"
	[ "$(id -u)" = 0 ] || return 0
	mkfifo "$work/gate"
	sh -c "read line <'$work/gate'; exit 7" &
	child=$!
	"$host" --plugin hello -p $child -o "$work/events" 2>"$work/said" &
	tracer=$!
	wait_for started $tracer
	echo go >"$work/gate"
	wait $child || true
	wait $tracer || { cat "$work/said" >&2; fail "the host failed"; }
	grep -q "hello.exit  *code=1792" "$work/events" || { cat "$work/events" >&2; fail "no event of the child's end"; }
}

# wait_for TEXT PID: until the host says it
wait_for()
{
	until grep -q "$1" "$work/said"; do
		kill -0 "$2" 2>/dev/null || { cat "$work/said" >&2; fail "the host ended before it said '$1'"; }
		sleep 0.05
	done
}

# The shipped rules, found from where the host lies, and what belongs to the daemon.
use_rules()
{
	cd / # nothing of the tree is within reach
	host=$prefix/bin/eunomia
	expect "Setuid bit set" "$host" rules list
	expect "of them enabled" "$host" rules check "$prefix/share/eunomia/rules"
	expect "kernel  " "$host" explain --rule "Setuid bit set" --rules "$prefix/share/eunomia/rules"
	test -f "$prefix/share/eunomia/etc/eunomia.ini" || fail "etc/eunomia.ini is not installed"
	expect "ExecStart=$prefix/bin/eunomia daemon" cat "$prefix/lib/systemd/system/eunomia.service"
	find "$prefix/share/doc" -name rules.md | grep -q . || fail "docs/rules.md is not installed"
	[ "$(id -u)" = 0 ] || return 0
	"$host" daemon --config "$prefix/share/eunomia/etc/eunomia.ini" -p $$ >"$work/alerts" 2>"$work/said" &
	daemon=$!
	wait_for "started: [1-9][0-9]* of [0-9]* rules, [1-9]" $daemon
	kill -TERM $daemon
	wait $daemon || { cat "$work/said" >&2; fail "the daemon failed"; }
}

install_sdk
build_with_cmake
build_by_hand
load
use
use_rules
echo "third_party: fine"
