# SPDX-License-Identifier: MIT
# Sourced by etc/quickstart and tests/run: installs packages that are missing, with apt. Debian 12.

packages_build="clang llvm gcc libc6-dev cmake make ninja-build pkg-config libbpf-dev libelf-dev zlib1g-dev libjansson-dev
	liblua5.4-dev libseccomp-dev libinih-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev liblzma-dev libiberty-dev libyaml-dev"

# install_packages NAME...: asks apt only when something is missing
install_packages()
{
	missing=
	for package in "$@"; do
		dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	# shellcheck disable=SC2086 # a list of words
	$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends $missing
}

# list_of FILE: package names, one a line, # begins a comment
list_of()
{
	sed 's/#.*//' "$1"
}
