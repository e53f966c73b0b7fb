/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The smallest BPF object: for plugins of which only the tables are looked at. */
char LICENSE[] __attribute__((section("license"), used)) = "Dual MIT/GPL";
