/* SPDX-License-Identifier: MIT */
/*
 * The options that every tool has, without their meaning, which cli/ knows: a tool's own option may use none of the
 * names and letters.
 */
#ifndef CORE_HOST_RESERVED_H
#define CORE_HOST_RESERVED_H

#define RESERVED_LETTERS "pcunxTohV"

static const char *const reserved_names[] = {
	"plugin", "plugin-path", "streams",   "pid",    "follow",   "uid",        "comm", "container", "mntns",
	"pidns",  "failed",      "filter",    "fmt",    "fields",   "sort",       "top",  "interval",  "count",
	"set",    "duration",    "output",    "record", "btf",      "stats",      "help", "version",   "no-header",
	"rules",  "config",      "ring-size", "ia32",   "rule",     "replay",     "db",   "from",      "to",
	"limit",  "sql",         "seccomp",   "listen", "insecure", "prometheus",
};
#define N_RESERVED_NAMES (sizeof(reserved_names) / sizeof(reserved_names[0]))

#endif
