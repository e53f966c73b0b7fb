/* SPDX-License-Identifier: MIT */
/*
 * A plugin that is right in everything and uses every table. The macros of the first block make it wrong in one way
 * each: the build generates files that set one of them and include this one.
 */
#include <eunomia/plugin.h>

#ifndef PLUGIN
#define PLUGIN /* members of the plugin, instead of those below */
#endif
#ifndef STREAM
#define STREAM /* members of stream good.ping, likewise */
#endif
#ifndef FIELDS
#define FIELDS /* more rows, at the end */
#endif
#ifndef STREAMS
#define STREAMS
#endif
#ifndef OPTIONS
#define OPTIONS
#endif
#ifndef PROGRAMS
#define PROGRAMS
#endif
#ifndef AGGREGATES
#define AGGREGATES
#endif
#ifndef COLUMNS
#define COLUMNS
#endif
#ifndef TOOL_OPTIONS
#define TOOL_OPTIONS
#endif
#ifndef TOOLS
#define TOOLS
#endif
#ifndef METRICS
#define METRICS
#endif
#ifndef ATTACH
#define ATTACH
#endif
#ifndef CODE
#define CODE
#endif

#pragma GCC diagnostic ignored "-Woverride-init"

EUN_OBJECT(EUN_OBJECT_FILE);

/* Leaves a trace in the process that can be made before a single relocation is done: the thread's name. */
static inline __attribute__((always_inline, unused)) void ran(void)
{
	static const char name[] = "plugin ran";
#if defined(__x86_64__)
	long ret;
	__asm__ volatile("syscall" : "=a"(ret) : "0"(157L), "D"(15L), "S"(name) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long nr __asm__("x8") = 167;
	register long ret __asm__("x0") = 15;
	register const char *arg __asm__("x1") = name;
	__asm__ volatile("svc 0" : "+r"(ret) : "r"(nr), "r"(arg) : "memory");
#endif
}

/* What the dynamic linker calls to find out which function an IFUNC is. */
#define RESOLVER                           \
	static void plain(void)            \
	{                                  \
	}                                  \
	static void (*resolve(void))(void) \
	{                                  \
		ran();                     \
		return plain;              \
	}

/* clang-format off: it takes the macros for code */

CODE

	struct ping {
	struct eun_event h;
	__u32 number;
	eun_ref path;
	__u64 took_ns;
	__u16 kind;
	__u16 port;
	__u32 unused;
};

struct total {
	struct eun_event h;
	__u64 count;
};

static const struct eun_label kinds[] = {{1, "echo"}, {2, "reply"}, {0, NULL}};

static const struct eun_field ping_fields[] = {EUN_FIELD(struct ping, number, EUN_U32, 0, "which one"),
					       EUN_FIELD(struct ping, path, EUN_PATH, EUN_FIELD_USER, "where to"),
					       EUN_FIELD(struct ping, took_ns, EUN_U64, 0, "how long it took"),
					       EUN_LABELLED(struct ping, kind, EUN_ENUM, 0, kinds, "what it was"),
					       EUN_FIELD(struct ping, port, EUN_U16, 0, "through which door"),
					       FIELDS};

static const struct eun_field total_fields[] = {
	EUN_FIELD(struct total, count, EUN_U64, EUN_FIELD_SUM, "how many"),
};

enum { PING, TOTAL };

static const struct eun_stream streams[] = {[PING] = {.name = "good.ping",
						      .version = 1,
						      .record_size = sizeof(struct ping),
						      .flags = EUN_STREAM_DEFAULT,
						      .fields = EUN_TABLE(ping_fields),
						      .columns = "number,path,took_ns",
						      .help = "one ping",
						      STREAM},
					    [TOTAL] = {.name = "good.total",
						       .version = 1,
						       .record_size = sizeof(struct total),
						       .flags = EUN_STREAM_AGGREGATE,
						       .fields = EUN_TABLE(total_fields),
						       .columns = "count",
						       .help = "pings of a process"},
					    STREAMS};

static const struct eun_option options[] = {
	{.key = "entries",
	 .type = EUN_OPTION_UINT,
	 .def = "4k",
	 .min = 1,
	 .max = 1 << 20,
	 .help = "rows",
	 .map = "totals"},
	{.key = "wait",
	 .type = EUN_OPTION_TIME,
	 .def = "10ms",
	 .max = 1000000000,
	 .help = "how long",
	 .var = "wait_ns"},
	{.key = "deep", .type = EUN_OPTION_BOOL, .def = "false", .help = "look into it", .var = "deep"},
	{.key = "tag", .type = EUN_OPTION_STRING, .def = "", .max = 15, .help = "a name", .var = "tag"},
	OPTIONS};

static const struct eun_program programs[] = {
	{.name = "on_ping", .at = "net/net_dev_queue", .streams = EUN_BIT(PING) | EUN_BIT(TOTAL), .group = 1},
	{.name = "on_ping_old", .streams = EUN_BIT(PING), .group = 1, .choice = 1},
	{.name = "on_total", .streams = EUN_BIT(TOTAL), .flags = EUN_PROGRAM_OPTIONAL},
	PROGRAMS};

static const struct eun_aggregate aggregates[] = {
	{.map = "totals", .stream = TOTAL, .key_size = 4, .value_size = sizeof(struct total) + 8}, AGGREGATES};

static const struct eun_column columns[] = {{.header = "PID", .field = "pid", .width = 7},
					    {.header = "MS", .field = "took_ns", .decimals = 3, .divisor = 1000000},
					    COLUMNS};

static const struct eun_tool_option tool_options[] = {
	{.name = "port",
	 .letter = 'P',
	 .value = "PORTS",
	 .help = "only these",
	 .where = "port in ($)",
	 .columns = "port"},
	{.name = "entries", .value = "N", .help = "rows", .set = "entries=$"},
	{.name = "kinds", .letter = 'k', .help = "the kinds there are", .lists = "kind"},
	TOOL_OPTIONS};

static const struct eun_tool tools[] = {{.name = "goodping",
					 .help = "prints pings",
					 .stream = PING,
					 .columns = EUN_TABLE(columns),
					 .options = EUN_TABLE(tool_options),
					 .where = "took_ns > 0",
					 .unless = "port",
					 .sort = "-took_ns,pid",
					 .key = "pid"},
					TOOLS};

static const __u64 bounds[] = {1000, 1000000};

static const struct eun_metric metrics[] = {{.name = "pings_total",
					     .type = EUN_METRIC_COUNTER,
					     .stream = PING,
					     .help = "Pings.",
					     .labels = "container,comm,kind",
					     .where = "took_ns > 0"},
					    {.name = "took_seconds",
					     .type = EUN_METRIC_HISTOGRAM,
					     .stream = PING,
					     .help = "How long they took.",
					     .field = "took_ns",
					     .bounds = EUN_TABLE(bounds)},
					    METRICS};

static const struct eun_attach attach[] = {
	{.program = "on_call", .file = "libc.so.6", .symbol = "getenv", .cookie = 1, .streams = EUN_BIT(PING)},
	{.program = "on_call",
	 .file = "*",
	 .probe = "good:ping",
	 .streams = EUN_BIT(PING),
	 .option = "deep",
	 .path = "tag"},
	ATTACH};

const struct eun_plugin eunomia_plugin = {EUN_PLUGIN_HEAD,
					  .name = "good",
					  .version = "1.0",
					  .license = "Dual MIT/GPL",
					  .help = "right in everything",
					  .object = eun_object,
					  .object_end = eun_object_end,
					  .streams = EUN_TABLE(streams),
					  .options = EUN_TABLE(options),
					  .programs = EUN_TABLE(programs),
					  .aggregates = EUN_TABLE(aggregates),
					  .tools = EUN_TABLE(tools),
					  .needs = EUN_NEEDS_ATTACH,
					  .attach = EUN_TABLE(attach),
					  .metrics = EUN_TABLE(metrics),
					  PLUGIN};
