# SPDX-License-Identifier: MIT
# Three directories.
mkdir /tmp/one /tmp/two /tmp/three
rmdir /tmp/one /tmp/two /tmp/three
