/* SPDX-License-Identifier: MIT */
/* A plugin with each kind of probe, in the program that helpers/pets.c is and in the library that it loads. */
#include <eunomia/plugin.h>

#include "probed.h"

EUN_OBJECT(EUN_OBJECT_FILE);

static const struct eun_field fields[] = {
	EUN_FIELD(struct probed_hit, cookie, EUN_U64, 0, "which probe"),
	EUN_FIELD(struct probed_hit, a, EUN_S64, EUN_FIELD_USER, "its first argument, or what it returned"),
	EUN_FIELD(struct probed_hit, b, EUN_S64, EUN_FIELD_USER, "its second argument"),
};

static const struct eun_stream streams[] = {
	{.name = "probed.hit",
	 .version = 1,
	 .record_size = sizeof(struct probed_hit),
	 .flags = EUN_STREAM_DEFAULT,
	 .fields = EUN_TABLE(fields),
	 .columns = "cookie,a,b",
	 .help = "a probe was hit"},
};

static const struct eun_option options[] = {
	{.key = "more", .type = EUN_OPTION_BOOL, .def = "false", .help = "two probes more"},
	{.key = "binary", .type = EUN_OPTION_STRING, .def = "", .max = 255, .help = "the program's path"},
};

#define HIT .streams = EUN_BIT(PROBED_HIT)

static const struct eun_attach attach[] = {
	{.program = "probed_entry", .file = "pets", .path = "binary", .symbol = "feed", .cookie = 1, HIT},
	{.program = "probed_return",
	 .file = "pets",
	 .path = "binary",
	 .symbol = "feed",
	 .cookie = 2,
	 .flags = EUN_ATTACH_RETURN,
	 HIT},
	{.program = "probed_usdt", .file = "pets", .path = "binary", .probe = "pets:cat", .cookie = 3, HIT},
	{.program = "probed_entry", .file = "pets", .path = "binary", .symbol = "no_such_pet", .cookie = 4, HIT},
	{.program = "probed_entry", .file = "libpets.s[o]", .symbol = "walk", .cookie = 5, HIT},
	{.program = "probed_entry",
	 .file = "pets",
	 .path = "binary",
	 .symbol = "hidden",
	 .cookie = 6,
	 .option = "more",
	 HIT},
	{.program = "probed_usdt",
	 .file = "pets",
	 .path = "binary",
	 .probe = "pets:unicorn",
	 .cookie = 7,
	 .option = "more",
	 HIT},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.needs = EUN_NEEDS_ATTACH,
	.name = "probed",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "probes for the tests",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.attach = EUN_TABLE(attach),
};
