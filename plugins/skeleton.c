/* SPDX-License-Identifier: MIT */
/*
 * The tutorial: a whole plugin, as small as it can be and still show every part. docs/plugin.md walks you through it.
 * Most plugins are tables only; this one has a few lines of code too, to show what the callbacks are for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eunomia/plugin.h>

#include "skeleton.h"

/* The compiled BPF program becomes part of this file, between eun_object and eun_object_end. */
EUN_OBJECT(EUN_OBJECT_FILE);

/* Names for the values of a field. The kernel's own names, always. */
static const struct eun_label kinds[] = {
	{0, "PRIO_PROCESS"},
	{1, "PRIO_PGRP"},
	{2, "PRIO_USER"},
	{0, NULL},
};

/* The fields of a stream: where they are in the struct, what they are, what to say about them. */
#define NICE(member, type, flags, help) EUN_FIELD(struct skeleton_nice, member, type, flags, help)

enum { FIELD_NICE, FIELD_RET, FIELD_WHO, FIELD_WHICH }; /* their rows, for format() */

static const struct eun_field nice_fields[] = {
	[FIELD_NICE] = NICE(nice, EUN_S32, 0, "the nice value that was asked for"),
	[FIELD_RET] = NICE(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
	[FIELD_WHO] = NICE(who, EUN_U32, 0, "whose: a process, process group or user id; 0: the caller's"),
	[FIELD_WHICH] = EUN_LABELLED(struct skeleton_nice, which, EUN_ENUM, 0, kinds, "what kind of id `who` is"),
};

static const struct eun_field beat_fields[] = {
	EUN_FIELD(struct skeleton_beat, beats, EUN_U64, 0, "how many there were so far"),
};

/* `eunomia --plugin skeleton` prints the streams flagged default; the others have to be asked for by --streams. */
static const struct eun_stream streams[] = {
	[SKELETON_NICE] = {.name = "skeleton.nice",
			   .version = 1,
			   .record_size = sizeof(struct skeleton_nice),
			   .flags = EUN_STREAM_DEFAULT,
			   .fields = EUN_TABLE(nice_fields),
			   .columns = "nice,which,who,ret",
			   .help = "setpriority(2): somebody's nice value is changed"},
	[SKELETON_BEAT] = {.name = "skeleton.beat",
			   .version = 1,
			   .record_size = sizeof(struct skeleton_beat),
			   .fields = EUN_TABLE(beat_fields),
			   .columns = "beats",
			   .help = "once a second, made in user space"},
};

/* `--set skeleton.faster=true` sets the variable `faster` of the BPF program. */
static const struct eun_option options[] = {
	{.key = "faster",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "only calls that ask for more than the normal priority",
	 .var = "faster"},
};

/* Which BPF program is attached where, and for which streams. A stream made in user space has none. */
static const struct eun_program programs[] = {
	{.name = "skeleton_nice", .at = "syscalls/sys_exit_setpriority", .streams = EUN_BIT(SKELETON_NICE)},
};

/* `eunomia run nicesnoop`: a view of a stream with columns and options of its own. */
static const struct eun_column columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "NICE", .field = "nice"},
	{.header = "WHO", .field = "who"},
	{.header = "RET", .field = "ret"},
};

static const struct eun_tool_option tool_options[] = {
	{.name = "faster", .help = "only higher priorities", .set = "faster=true"},
	{.name = "who", .value = "ID", .help = "only changes of ID", .where = "who = $"},
};

static const struct eun_tool tools[] = {
	{.name = "nicesnoop",
	 .help = "nice values that are changed",
	 .stream = SKELETON_NICE,
	 .columns = EUN_TABLE(columns),
	 .options = EUN_TABLE(tool_options)},
};

/* What the callbacks share between them. Never in a static variable: a plugin may be loaded more than once. */
struct skeleton {
	const struct eun_host *host;
	struct eun_instance *instance;
	__u64 beats;
};

/* The BPF object is loaded and not yet attached. An error here, explained by host->fail(), undoes the start. */
static int skeleton_open(const struct eun_host *host, struct eun_instance *instance, void **self)
{
	struct skeleton *sk = calloc(1, sizeof(*sk));
	if (!sk)
		return host->fail(instance, -ENOMEM, "no memory for %zu bytes", sizeof(*sk));
	*sk = (struct skeleton){.host = host, .instance = instance};
	host->log(instance, EUN_LOG_DEBUG, "option faster is %s", host->option(instance, "faster"));
	*self = sk;
	return 0;
}

/* Every tick_ms. A record that is made here travels like one from the kernel. */
static int skeleton_tick(void *self)
{
	struct skeleton *sk = self;
	struct skeleton_beat beat = {.h.len = sizeof(beat), .beats = ++sk->beats};
	return sk->host->emit(sk->instance, SKELETON_BEAT, &beat.h);
}

/* How a field reads in text output; an error: as the host would write it. JSON and filters are not affected. */
static int skeleton_format(void *self, __u32 stream, __u32 field, const void *bytes, __u32 len, char *buf, __u32 size)
{
	__s32 nice;
	(void)self;
	if (stream != SKELETON_NICE || field != FIELD_NICE || len != sizeof(nice))
		return -EINVAL;
	memcpy(&nice, bytes, sizeof(nice));
	return snprintf(buf, size, "%d(%s)", nice, nice < 0 ? "faster" : nice > 0 ? "slower" : "normal");
}

/* Gives back what open took. */
static void skeleton_close(void *self)
{
	free(self);
}

/* The plugin itself, last: the one symbol that the host looks for. */
EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "skeleton",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "the tutorial: nice values that are changed",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.tools = EUN_TABLE(tools),
	.tick_ms = 1000,
	.open = skeleton_open,
	.tick = skeleton_tick,
	.format = skeleton_format,
	.close = skeleton_close,
};
