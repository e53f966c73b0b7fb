/* SPDX-License-Identifier: MIT */
/* System calls: how many and how long by process, number and result; and one by one with their arguments. */
#include <eunomia/plugin.h>

#include "syscall.h"

EUN_OBJECT(EUN_OBJECT_FILE);

/* Calls that only 32-bit programs have are numbered apart; the others bear the names of the 64-bit ones. */
static const struct eun_label calls[] = {
#define ROW(name, number, ...) {number, #name},
#include "syscall_table.h"
#define IA32_CALL(name, number, x86_64)
#define IA32_ONLY(name, number) {SYSCALL_IA32_OWN + (number), #name},
#include "ia32_table.h"
	{0, NULL},
};

#define CALL_FIELD(record) EUN_LABELLED(record, syscall, EUN_ENUM, 0, calls, "the system call")

static const struct eun_field count_fields[] = {
	CALL_FIELD(struct syscall_count),
	EUN_FIELD(struct syscall_count, ret, EUN_ERRNO, EUN_FIELD_ERROR, "0, or why these calls failed"),
	EUN_FIELD(struct syscall_count, count, EUN_U64, EUN_FIELD_SUM, "calls that ended"),
	EUN_FIELD(struct syscall_count, time_ns, EUN_U64, EUN_FIELD_SUM, "time in them, with the option latency"),
};

static const struct eun_stream streams[] = {
	[SYSCALL_COUNT] = {.name = "syscall.count",
			   .version = 1,
			   .record_size = sizeof(struct syscall_count),
			   .flags = EUN_STREAM_DEFAULT | EUN_STREAM_AGGREGATE,
			   .fields = EUN_TABLE(count_fields),
			   .columns = "syscall,ret,count",
			   .help = "calls added up by process, call and result; exit and exit_group never end"},
};

static const struct eun_option options[] = {
	{.key = "latency",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "syscall.count: time in the calls too; costs each call of the targets about as much again",
	 .var = "syscall_latency"},
	{.key = "rows",
	 .type = EUN_OPTION_UINT,
	 .def = "16384",
	 .min = 64,
	 .max = 1048576,
	 .help = "syscall.count: at most so many combinations of process, call and result in one interval",
	 .map = "syscall_rows"},
};

static const struct eun_program programs[] = {
	{.name = "count_exit", .streams = EUN_BIT(SYSCALL_COUNT)},
	{.name = "count_enter", .streams = EUN_BIT(SYSCALL_COUNT), .option = "latency"},
};

static const struct eun_aggregate aggregates[] = {
	{.map = "syscall_rows",
	 .stream = SYSCALL_COUNT,
	 .key_size = 3 * sizeof(__u32),
	 .value_size = sizeof(struct syscall_count) + sizeof(__u64)},
};

static const struct eun_column syscount_columns[] = {
	{.header = "SYSCALL", .field = "syscall", .width = 22},
	{.header = "COUNT", .field = "count", .width = 8},
};

static const struct eun_column syscount_latency[] = {
	{.header = "SYSCALL", .field = "syscall", .width = 22},
	{.header = "COUNT", .field = "count", .width = 8},
	{.header = "TIME_US", .field = "time_ns", .width = 16, .decimals = 3, .divisor = 1000},
};

static const struct eun_column syscount_process[] = {
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 22},
	{.header = "COUNT", .field = "count", .width = 8},
};

static const struct eun_tool_option syscount_options[] = {
	{.name = "errno", .letter = 'e', .value = "ERRNO", .help = "only calls that failed so", .where = "ret = $"},
	{.name = "latency",
	 .letter = 'L',
	 .help = "by the time in them; of this and --process the last one decides",
	 .set = "latency=true",
	 .instead = EUN_TABLE(syscount_latency),
	 .sort = "-time_ns"},
	{.name = "process",
	 .letter = 'P',
	 .help = "by process, not by call",
	 .instead = EUN_TABLE(syscount_process),
	 .key = "pid"},
	{.name = "list", .letter = 'l', .help = "prints the calls' names and ends", .lists = "syscall"},
};

/* libbpf-tools' prints once, at the end; --interval asks for more. */
#define A_DAY_MS 86400000

static const struct eun_tool tools[] = {
	{.name = "syscount",
	 .help = "system calls by how many there are",
	 .stream = SYSCALL_COUNT,
	 .interval_ms = A_DAY_MS,
	 .columns = EUN_TABLE(syscount_columns),
	 .options = EUN_TABLE(syscount_options),
	 .sort = "-count",
	 .key = "syscall"},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "syscall",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "system calls: counted, timed, one by one",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.aggregates = EUN_TABLE(aggregates),
	.tools = EUN_TABLE(tools),
};
