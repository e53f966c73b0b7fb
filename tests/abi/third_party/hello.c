/* SPDX-License-Identifier: MIT */
#include <eunomia/plugin.h>

#include "hello.h"

EUN_OBJECT(EUN_OBJECT_FILE);

static const struct eun_field exit_fields[] = {
	EUN_FIELD(struct hello_exit, code, EUN_S32, 0, "what wait() will see"),
};

static const struct eun_stream streams[] = {
	[HELLO_EXIT] = {.name = "hello.exit",
			.version = 1,
			.record_size = sizeof(struct hello_exit),
			.flags = EUN_STREAM_DEFAULT,
			.fields = EUN_TABLE(exit_fields),
			.columns = "code",
			.help = "a thread has ended"},
};

static const struct eun_program programs[] = {
	{.name = "hello_exit", .streams = EUN_BIT(HELLO_EXIT)},
};

const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "hello",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "says that threads end",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.programs = EUN_TABLE(programs),
};
