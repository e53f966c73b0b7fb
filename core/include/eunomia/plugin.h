/* SPDX-License-Identifier: MIT */
/*
 * The plugin ABI: a tracer is one CO-RE BPF object and tables that say what it holds.
 *
 * A plugin is a shared object that exports one data symbol, `const struct eun_plugin eunomia_plugin`. The host
 * drives libbpf: it opens the embedded object, sets options, shares its rings and target maps with it, loads,
 * attaches, reads. Most plugins have no code at all.
 *
 * Before anything of the file runs, the host reads it as ELF and refuses what could run or reach out at load:
 * DT_INIT, init and fini arrays, IFUNC relocations, RPATH, RUNPATH, needed libraries other than libc. Link with
 * -nostartfiles (eunomia_plugin() in CMake does). The file and the folders above it must belong to root, to the
 * effective user or to the owner of the host's executable, be writable by no one else, and not be a symbolic link.
 *
 * Threads: the host calls a plugin from one thread only. Errors: functions return 0 or a negative errno.
 */
#ifndef EUNOMIA_PLUGIN_H
#define EUNOMIA_PLUGIN_H

#include <stdarg.h>

#include "schema.h"

#define EUN_MAGIC 0x6d6e7565u /* "eunm" */
#define EUN_ABI_MAJOR 1
#define EUN_ABI_MINOR 2

/* The features that a plugin may need and a host may lack. A bit the host doesn't know refuses the file. */
#define EUN_NEEDS_ATTACH (1u << 0) /* attach[] (ABI 1.2) */
#define EUN_NEEDS_KNOWN EUN_NEEDS_ATTACH

/* An option a user may set: `--set tcp.sockets=4096`, INI, the HTTP API; --help is made of it. */
enum eun_option_type {
	EUN_OPTION_BOOL = 1, /* true, false; variable: bool */
	EUN_OPTION_UINT,     /* with k, m, g units; variable: __u32 or __u64 */
	EUN_OPTION_TIME,     /* 10ms, 2s; variable: __u64 nanoseconds */
	EUN_OPTION_STRING,   /* variable: char array */
};

struct eun_option {
	const char *key;
	__u32 type;       /* enum eun_option_type */
	const char *def;  /* the default, as text a user would write */
	__u64 min, max;   /* bounds of numbers and times (ns); length of strings */
	const char *help; /* one line */
	const char *var;  /* `const volatile` variable of the BPF object that takes the value, or NULL */
	const char *map;  /* BPF map whose max_entries is the value, or NULL */
};

enum eun_program_flags {
	EUN_PROGRAM_OPTIONAL = 1 << 0, /* the plugin works without it; else a failed attach fails the start */
	EUN_PROGRAM_SEED = 1 << 1,     /* an iterator that the host runs once, right after the others are attached */
	EUN_PROGRAM_IA32 = 1 << 2,     /* handles calls through the 32-bit entry: attached where --ia32 asks for them */
};

/*
 * One place where a program is attached. The same program may stand in several rows with different places: one
 * handler for a family of system calls. A row is attached while a subscription wants one of its streams.
 * Rows with the same `group` (> 0) are alternatives in order of preference: the host uses those of the first `choice`
 * of which the kernel accepts something, and all that is not optional.
 */
struct eun_program {
	const char *name;   /* of the BPF program */
	const char *at;     /* tracepoint "category/name" for a SEC("tp") program; NULL: what its SEC() says */
	__u64 streams;      /* EUN_BIT(stream) | ... that it serves */
	__u32 flags;        /* enum eun_program_flags */
	__u16 group;        /* 0: alone */
	__u16 choice;       /* within the group, lower is better */
	const char *option; /* of the plugin, yes or no: attached only where it is yes; NULL: always (ABI 1.1) */
	const char *rate;   /* of a SEC("perf_event") program: the option, a number, that says how often a second it
			       runs on each CPU; NULL: it is none (ABI 1.2) */
};

#define EUN_BIT(stream) (1ull << (stream))

enum eun_attach_flags {
	EUN_ATTACH_RETURN = 1 << 0, /* where the function returns, not where it begins: costs three times as much */
};

/*
 * A probe in code of user space: an uprobe (SEC("?uprobe"), SEC("?uretprobe")) at a function or an offset, or a static
 * probe (SEC("?usdt"), <bpf/usdt.bpf.h>). It is put into each file of that name that a process which is meant has
 * mapped as code, also into those that are mapped later, and in containers into their own files. It hits in all
 * processes that have the file: eun_begin() tells who is a target.
 *
 * Each is optional: the run says which of them found no place and why. Functions are looked for in .symtab, .dynsym,
 * debug files and mini debug info. bpf_get_attach_cookie() (of a static probe: bpf_usdt_cookie()) gives `cookie`.
 * (ABI 1.2)
 */
struct eun_attach {
	const char *program; /* of the BPF object */
	const char *file; /* pattern as in glob(7): of the last component of the path, or, with a slash, of all of it */
	const char *symbol; /* function; NULL: `offset` is of the file, or it is a static probe */
	const char *probe;  /* static probe, "provider:name"; NULL: none */
	__u64 offset;       /* bytes behind the function's begin, or the file's */
	__u64 cookie;
	__u64 streams;      /* EUN_BIT(stream) | ... that it serves */
	__u32 flags;        /* enum eun_attach_flags */
	const char *option; /* of the plugin, yes or no: attached only where it is yes; NULL: always */
	const char *path;   /* of the plugin, a string: where it is not empty, in place of `file`; NULL: none */
};

enum eun_aggregate_flags {
	EUN_AGGREGATE_PERCPU = 1 << 0,     /* the map is per CPU: fields flagged EUN_FIELD_SUM are added up */
	EUN_AGGREGATE_CUMULATIVE = 1 << 1, /* rows stay when drained; else they are deleted */
};

/*
 * A BPF hash map whose values are records, each followed at the next multiple of 8 by a u64 (the target sets that
 * want it): the program inserts one with eun_row_insert() and adds to its EUN_FIELD_SUM fields afterwards. Draining
 * delivers each value as a record of the stream; it has no tail. Unless it is cumulative, its keys begin with a __u32
 * that the program sets to eun_epoch(stream): the host changes the epoch, waits until no program runs that saw the old
 * one, and drains that, so that nothing added meanwhile is lost. The field `count`, a u64 with EUN_FIELD_SUM, is
 * required: how many events the row stands for.
 */
struct eun_aggregate {
	const char *map;
	__u32 stream;     /* index in streams[] */
	__u32 key_size;   /* checked against the map */
	__u32 value_size; /* likewise: the stream's record_size, rounded up to 8, and 8 */
	__u32 flags;      /* enum eun_aggregate_flags */
};

enum eun_column_flags {
	EUN_COLUMN_QUOTED = 1 << 0, /* each string in quotes, also where it could do without (ABI 1.1) */
};

/* A column of a tool's table: `field` / divisor, with so many decimals. */
struct eun_column {
	const char *header;
	const char *field;
	__u32 width; /* at least so wide; 0: what the type needs */
	__u32 decimals;
	__u64 divisor; /* 0 and 1: none */
	__u32 flags;   /* enum eun_column_flags (ABI 1.1) */
};

/* An option of a tool alone. A value stands for every `$` in `where` and `set`. */
struct eun_tool_option {
	const char *name;  /* long name without -- */
	char letter;       /* or 0. A letter that all tools have is refused */
	const char *value; /* what --help calls the value; NULL: it takes none */
	const char *help;
	const char *where;   /* filter added when given: "dport in ($)", or NULL */
	const char *set;     /* plugin option set when given: "key=$", or NULL */
	const char *columns; /* fields added to the table when given, or NULL */
	/* ABI 1.1; of several options given, the last one decides */
	struct eun_table instead; /* of struct eun_column: in place of the tool's own; count 0: none */
	const char *key;          /* in place of the tool's, or NULL */
	const char *sort;         /* likewise */
	const char *lists;        /* a field: prints the names its values can have and ends, or NULL */
};

/* A named view: `eunomia run NAME`. */
struct eun_tool {
	const char *name;
	const char *help;
	__u32 stream;             /* index in streams[] */
	__u32 interval_ms;        /* > 0: a table, printed anew so often; else an event a line */
	struct eun_table columns; /* of struct eun_column */
	struct eun_table options; /* of struct eun_tool_option */
	const char *where;        /* filter it starts with, or NULL */
	const char *unless;       /* long name of the common or own option that lifts `where`, or NULL */
	const char *sort;         /* fields, "-" before a descending one; or NULL */
	const char *key;          /* table: rows that agree in these fields are added up; or NULL */
	__u64 streams;            /* EUN_BIT of further streams, that have fields of the same names (ABI 1.1) */
};

enum eun_metric_type {
	EUN_METRIC_COUNTER = 1, /* adds up; its name ends in _total, no other's does */
	EUN_METRIC_GAUGE,       /* is set */
	EUN_METRIC_HISTOGRAM,   /* what is observed, by size */
};

enum eun_metric_flags {
	EUN_METRIC_ASKED = 1 << 0, /* kept only where the configuration names it: its stream costs more than others */
};

/*
 * A number for monitoring, made of the events of a stream: eunomia_PLUGIN_NAME. A field whose name ends in _ns, _us or
 * _ms is turned into seconds, and the metric's name (but for _total) ends in _seconds; that of bytes in _bytes.
 * Labels are few and their values too: `container`, `comm`, and fields of the stream that are an enum, an errno, a bool
 * or a u8 (not pids, paths, addresses). (ABI 1.2)
 */
struct eun_metric {
	const char *name; /* [a-z0-9_] */
	__u32 type;       /* enum eun_metric_type */
	__u32 stream;     /* index in streams[] */
	const char *help; /* one line, a sentence */
	/* what is added, set or observed: a number, or a histogram's EUN_HIST. NULL: 1, of an aggregate's row: count */
	const char *field;
	const char *sum;         /* of an EUN_HIST: the field that has the sum of what it counts, in the same unit */
	const char *labels;      /* "container,comm,op", or NULL: none */
	const char *where;       /* filter on fields of the stream, or NULL: all */
	struct eun_table bounds; /* of __u64, growing: a histogram's, in the field's unit; count 0: by the unit */
	__u32 flags;             /* enum eun_metric_flags */
};

/* What the host gives to callbacks. Append-only; a member exists when `size` covers it. */
struct eun_instance; /* opaque: one loaded BPF object with its options */

enum eun_log_level { EUN_LOG_ERROR, EUN_LOG_WARN, EUN_LOG_INFO, EUN_LOG_DEBUG };

struct eun_host {
	__u32 size;
	/* Says something to the user; the host puts the plugin's name before it and escapes it. */
	void (*log)(struct eun_instance *in, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
	/* Notes why the callback now returning -err failed: shown as `[plugin] step: text`. Returns -err. */
	int (*fail)(struct eun_instance *in, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
	/*
	 * Delivers a record made in user space, as if a ring had brought it: rec->len bytes, read before the call
	 * returns. `stream` is the index in streams[]; the host fills rec->stream, and rec->time when it is 0.
	 */
	int (*emit)(struct eun_instance *in, __u32 stream, struct eun_event *rec);
	/* The fd of a map of the instance's object, owned by the host, valid until close; -ENOENT. */
	int (*map_fd)(struct eun_instance *in, const char *map);
	/* The text an option has; NULL: no such key. Valid until close. */
	const char *(*option)(struct eun_instance *in, const char *key);
};

/*
 * The plugin. The first 16 bytes never change and are read from the file before it is loaded; after them members are
 * only added, and one is read only when `size` covers it.
 */
struct eun_plugin {
	__u32 magic;     /* EUN_MAGIC */
	__u16 abi_major; /* EUN_ABI_MAJOR: another one is refused */
	__u16 abi_minor;
	__u32 size;  /* sizeof(struct eun_plugin) */
	__u32 needs; /* features used that not every host has */

	const char *name; /* [a-z0-9_-], the file's stem */
	const char *version;
	const char *license; /* of the BPF object, as the kernel wants it: "Dual MIT/GPL" */
	const char *help;    /* one line */

	const unsigned char *object, *object_end; /* the .bpf.o: bytes [object, object_end) */

	struct eun_table streams;    /* of struct eun_stream */
	struct eun_table options;    /* of struct eun_option */
	struct eun_table programs;   /* of struct eun_program */
	struct eun_table aggregates; /* of struct eun_aggregate */
	struct eun_table tools;      /* of struct eun_tool */

	/*
	 * Callbacks, each may be NULL. `self` is what open() stored, NULL before.
	 * open: after the object is loaded, before it is attached; an error undoes the start and close() isn't called.
	 * tick: every tick_ms while started. format: a field as text into buf (size bytes, NUL-terminated), returns
	 * its length or a negative errno for "as the host would"; pure: the same bytes give the same text.
	 * stop: events no longer flow, maps can still be read. close: gives back what open took.
	 */
	__u32 tick_ms;
	int (*open)(const struct eun_host *host, struct eun_instance *in, void **self);
	int (*tick)(void *self);
	int (*format)(void *self, __u32 stream, __u32 field, const void *bytes, __u32 len, char *buf, __u32 size);
	void (*stop)(void *self);
	void (*close)(void *self);

	/* ABI 1.2 */
	struct eun_table metrics; /* of struct eun_metric */
	struct eun_table attach;  /* of struct eun_attach; where there are any, `needs` has EUN_NEEDS_ATTACH */
};

/* The head of every plugin, and the bytes of its object (the build defines EUN_OBJECT_FILE). */
#define EUN_PLUGIN_HEAD \
	.magic = EUN_MAGIC, .abi_major = EUN_ABI_MAJOR, .abi_minor = EUN_ABI_MINOR, .size = sizeof(struct eun_plugin)

#define EUN_OBJECT(file)                                                               \
	__asm__(".pushsection .rodata\n"                                               \
		".balign 8\n"                                                          \
		".hidden eun_object\n.globl eun_object\neun_object:\n"                 \
		".incbin \"" file "\"\n"                                               \
		".hidden eun_object_end\n.globl eun_object_end\neun_object_end:\n"     \
		".byte 0\n"                                                            \
		".popsection\n");                                                      \
	extern const unsigned char eun_object[] __attribute__((visibility("hidden"))); \
	extern const unsigned char eun_object_end[] __attribute__((visibility("hidden")))

#define EUN_EXPORT __attribute__((visibility("default")))

extern EUN_EXPORT const struct eun_plugin eunomia_plugin;

#endif
