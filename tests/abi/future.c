/* SPDX-License-Identifier: MIT */
/* A plugin of a later minor version: its structs have grown at their ends, which this host must not mind. */
#include <eunomia/plugin.h>

EUN_OBJECT(EUN_OBJECT_FILE);

struct future_field {
	struct eun_field now;
	const char *later;
};
static const struct future_field fields[] = {
	{{"number", EUN_U32, 0, 72, 4, NULL, "which one"}, "later"},
	{{"other", EUN_U32, 0, 76, 4, NULL, "another"}, "later"},
};

struct future_stream {
	struct eun_stream now;
	__u64 later[3];
};
static const struct future_stream streams[] = {
	{{"future.one", 1, 80, 0, EUN_TABLE(fields), "number", NULL, "the first"}, {1, 2, 3}},
	{{"future.two", 1, 80, 0, EUN_TABLE(fields), "other", NULL, "the second"}, {4, 5, 6}},
};

struct future_plugin {
	struct eun_plugin now;
	struct eun_table later;
};
extern EUN_EXPORT const struct future_plugin future __asm__("eunomia_plugin");
const struct future_plugin future = {
	.now = {.magic = EUN_MAGIC,
		.abi_major = EUN_ABI_MAJOR,
		.abi_minor = EUN_ABI_MINOR + 1,
		.size = sizeof(struct future_plugin),
		.name = "future",
		.version = "2.0",
		.license = "Dual MIT/GPL",
		.help = "of a later SDK",
		.object = eun_object,
		.object_end = eun_object_end,
		.streams = EUN_TABLE(streams)},
	.later = EUN_TABLE(streams),
};
