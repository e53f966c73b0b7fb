/* SPDX-License-Identifier: MIT */
/* Where time goes: stacks of what is on a CPU, and of what waits. */
#include <eunomia/plugin.h>

#include "profile.h"

EUN_OBJECT(EUN_OBJECT_FILE);

#define STACK(member, type, flags, help) EUN_FIELD(struct profile_stack, member, type, flags, help)

static const struct eun_field sample_fields[] = {
	STACK(count, EUN_U64, EUN_FIELD_SUM, "samples"),
	STACK(cost_ns, EUN_U64, EUN_FIELD_SUM, "what taking it took the kernel"),
	STACK(image, EUN_U64, EUN_FIELD_HEX, "changes when the process executes another program"),
	STACK(kernel, EUN_STACK, 0, "return addresses in the kernel"),
	STACK(user, EUN_STACK, EUN_FIELD_USER, "return addresses in the program"),
};

static const struct eun_field offcpu_fields[] = {
	STACK(count, EUN_U64, EUN_FIELD_SUM, "times"),
	STACK(time_ns, EUN_U64, EUN_FIELD_SUM, "off the CPU: it waited, or others were first"),
	STACK(cost_ns, EUN_U64, EUN_FIELD_SUM, "what noting it took the kernel"),
	STACK(image, EUN_U64, EUN_FIELD_HEX, "changes when the process executes another program"),
	STACK(kernel, EUN_STACK, 0, "return addresses in the kernel when it left the CPU"),
	STACK(user, EUN_STACK, EUN_FIELD_USER, "return addresses in the program then"),
};

static const struct eun_stream streams[] = {
	[PROFILE_SAMPLE] = {.name = "profile.sample",
			    .version = 1,
			    .record_size = sizeof(struct profile_stack),
			    .flags = EUN_STREAM_DEFAULT,
			    .fields = EUN_TABLE(sample_fields),
			    .columns = "user,kernel",
			    .help = "a thread is on a CPU: looked at so many times a second"},
	[PROFILE_OFFCPU] = {.name = "profile.offcpu",
			    .version = 1,
			    .record_size = sizeof(struct profile_stack),
			    .fields = EUN_TABLE(offcpu_fields),
			    .columns = "time_ns,user,kernel",
			    .help = "a thread is back on a CPU, and where it had left it"},
};

static const struct eun_option options[] = {
	{.key = "frequency",
	 .type = EUN_OPTION_UINT,
	 .def = "99",
	 .min = 1,
	 .max = 10000,
	 .help = "samples a second on each CPU"},
	{.key = "user_only",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "no stacks of the kernel",
	 .var = "user_only"},
	{.key = "kernel_only",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "no stacks of programs",
	 .var = "kernel_only"},
	{.key = "least",
	 .type = EUN_OPTION_TIME,
	 .def = "1us",
	 .max = 3600ull * 1000000000,
	 .help = "shorter times off the CPU are left out",
	 .var = "least_ns"},
};

static const struct eun_program programs[] = {
	{.name = "profile_sample", .streams = EUN_BIT(PROFILE_SAMPLE), .rate = "frequency"},
	{.name = "profile_switch", .streams = EUN_BIT(PROFILE_OFFCPU)},
};

static const struct eun_column sample_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "USER", .field = "user"},
	{.header = "KERNEL", .field = "kernel"},
};

static const struct eun_column offcpu_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "TID", .field = "tid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "MS", .field = "time_ns", .decimals = 3, .divisor = 1000000},
	{.header = "USER", .field = "user"},
	{.header = "KERNEL", .field = "kernel"},
};

#define SPACES                                                                                                   \
	{.name = "user", .letter = 'U', .help = "stacks of programs alone", .set = "user_only=true"},            \
	{                                                                                                        \
		.name = "kernel", .letter = 'K', .help = "stacks of the kernel alone", .set = "kernel_only=true" \
	}

static const struct eun_tool_option sample_options[] = {
	{.name = "frequency",
	 .letter = 'F',
	 .value = "HZ",
	 .help = "samples a second on each CPU (99)",
	 .set = "frequency=$"},
	SPACES,
};

static const struct eun_tool_option offcpu_options[] = {
	{.name = "min", .letter = 'm', .value = "TIME", .help = "leave out what is shorter (1us)", .set = "least=$"},
	SPACES,
};

static const struct eun_tool tools[] = {
	{.name = "profile",
	 .help = "what is on the CPUs: stacks, or with --fmt svg a flame graph",
	 .stream = PROFILE_SAMPLE,
	 .columns = EUN_TABLE(sample_columns),
	 .options = EUN_TABLE(sample_options)},
	{.name = "offcputime",
	 .help = "where threads wait and how long: stacks, or a flame graph",
	 .stream = PROFILE_OFFCPU,
	 .columns = EUN_TABLE(offcpu_columns),
	 .options = EUN_TABLE(offcpu_options)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "profile",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "where time goes: stacks on and off the CPUs",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.tools = EUN_TABLE(tools),
};
