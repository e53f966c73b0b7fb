/* SPDX-License-Identifier: MIT */
/*
 * How a plugin describes its records: streams, their fields, and how a field's bytes are to be read.
 *
 * All of it is constant data in the plugin's .so, read by the host after the file was accepted and copied; nothing
 * here is called. Strings are UTF-8, live as long as the .so, and are never NULL unless said.
 */
#ifndef EUNOMIA_SCHEMA_H
#define EUNOMIA_SCHEMA_H

#include <stddef.h>

#include "event.h"

/*
 * A table in a plugin: rows of row_size bytes. The host copies min(row_size, what it knows) of each row, so a row
 * may grow at its end without breaking either side. The rows of a table are numbered from 0.
 */
struct eun_table {
	const void *rows;
	__u32 count;
	__u32 row_size;
};

#define EUN_TABLE(array)                                                        \
	{                                                                       \
		(array), sizeof(array) / sizeof((array)[0]), sizeof((array)[0]) \
	}

enum eun_type {
	EUN_NONE = 0,
	EUN_U8,
	EUN_U16,
	EUN_U32,
	EUN_U64,
	EUN_S8,
	EUN_S16,
	EUN_S32,
	EUN_S64,
	EUN_BOOL,     /* one byte, 0 or 1 */
	EUN_TIME,     /* u64, CLOCK_BOOTTIME ns; shown as wall-clock time */
	EUN_CHARS,    /* char[size], ends at the first NUL */
	EUN_STRING,   /* eun_ref */
	EUN_STRINGS,  /* eun_ref to strings that each end in NUL (argv) */
	EUN_PATH,     /* eun_ref to a file's path */
	EUN_IP,       /* struct eun_ip */
	EUN_SOCKADDR, /* struct eun_sockaddr */
	EUN_ENUM,     /* u8, u16, u32 or u64 by size, named by labels */
	EUN_FLAGS,    /* the same, each label is a mask; the first whose bits are all set wins them */
	EUN_ERRNO,    /* s32: 0, or a negative errno (some calls: a positive result); named */
	EUN_CAPS,     /* u64, a capability set */
	EUN_BYTES,    /* eun_ref, shown in hexadecimal */
	EUN_U64S,     /* u64[size / 8] */
	EUN_HIST,     /* u64[size / 8]: slot 0 counts 0 and 1, slot i counts 2^i to 2^(i+1)-1 */
	EUN_STACK,    /* u64[size / 8]: return addresses, innermost first, ends at the first 0 */
	EUN_TYPES,    /* how many there are */
};

enum eun_field_flags {
	EUN_FIELD_USER = 1 << 0,  /* read from memory that the traced process can change */
	EUN_FIELD_SUM = 1 << 1,   /* in an aggregate: adds up over CPUs and over rows (integers, histograms) */
	EUN_FIELD_ERROR = 1 << 2, /* the event failed where this is not 0 (less than 0, if signed): what -x asks for */
	EUN_FIELD_HEX = 1 << 3,   /* integer shown as 0x...; JSON keeps the integer */
	EUN_FIELD_OCTAL = 1 << 4, /* integer shown in octal (file modes); JSON keeps the integer */
	EUN_FIELD_TEXT = 1 << 5,  /* what the format callback makes of it is shown in every format (ABI 1.1) */
};

/* A name for a value (enum) or for a mask (flags). A table of labels ends at name NULL. */
struct eun_label {
	__u64 value;
	const char *name;
};

struct eun_field {
	const char *name; /* lower case, [a-z0-9_.]; its unit in the name: latency_ns, tx_bytes */
	__u16 type;       /* enum eun_type */
	__u16 flags;      /* enum eun_field_flags */
	__u32 offset;     /* in the record */
	__u32 size;
	const struct eun_label *labels; /* enum and flags; else NULL */
	const char *help;               /* one line */
};

/* One row of fields[]: EUN_FIELD(struct tcp_connect, dport, EUN_U16, 0, "remote port") */
#define EUN_FIELD(record, member, type, flags, help) EUN_LABELLED(record, member, type, flags, NULL, help)
#define EUN_LABELLED(record, member, type, flags, labels, help) \
	EUN_NAMED(#member, record, member, type, flags, labels, help)
#define EUN_NAMED(name, record, member, type, flags, labels, help)                                       \
	{                                                                                                \
		name, type, flags, offsetof(record, member), sizeof(((record *)0)->member), labels, help \
	}

enum eun_stream_flags {
	EUN_STREAM_DEFAULT = 1 << 0,   /* part of what `--plugin NAME` prints */
	EUN_STREAM_CRITICAL = 1 << 1,  /* travels in a ring of its own, that a flood of others can't fill */
	EUN_STREAM_AGGREGATE = 1 << 2, /* its records are rows drained from an aggregate, at an interval */
};

struct eun_stream {
	const char *name;        /* plugin.noun: tcp.connect */
	__u32 version;           /* raised when a field changes its meaning */
	__u32 record_size;       /* sizeof the record struct: header and fixed fields, no tail */
	__u32 flags;             /* enum eun_stream_flags */
	struct eun_table fields; /* of struct eun_field; the header's fields come from the host */
	const char *columns;     /* "path,ret": shown by default in text, after time, pid, comm */
	const char *role; /* what the host may use it for (process.exec, process.fork, process.exit...), or NULL */
	const char *help; /* one line */
};

#endif
