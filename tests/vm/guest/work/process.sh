# SPDX-License-Identifier: MIT
# A fork, an exec with a known argument, an exit with a known code.
/bin/true a-known-argument
sh -c 'exit 7'
