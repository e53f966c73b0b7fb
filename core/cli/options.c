/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "event/schema.h"
#include "when.h"

const struct command commands[COMMANDS] = {
	[COMMAND_PLUGIN] = {NULL, "", 0, 0, "print what plugins see: eunomia --plugin tcp,files"},
	[COMMAND_RUN] = {"run", "TOOL", 1, 1, "run a tool: eunomia run opensnoop -p 1234"},
	[COMMAND_REPLAY] = {"replay", "FILE", 1, 1, "print a recording again, without root or kernel"},
	[COMMAND_LIST] = {"list", "plugins|tools|streams|fields [STREAM]|metrics|lua", 1, 2, "list what there is"},
	[COMMAND_INSPECT] = {"inspect", "FILE.so", 1, 1, "show what a plugin file declares, or why it is refused"},
	[COMMAND_DOCTOR] = {"doctor", "", 0, 0, "say what works on this machine, what does not, and why"},
	[COMMAND_TOP] = {"top", "", 0, 0, "show what running hosts cost, program by program"},
	[COMMAND_RULES] = {"rules", "check|list|test|bench|import PATH...", 1, SIZE_MAX,
			   "check, list, test and time rules; import those of Falco"},
	[COMMAND_EXPLAIN] = {"explain", "[TOOL]", 0, 1,
			     "say where a filter or a rule is decided, and why an event is meant"},
	[COMMAND_DAEMON] = {"daemon", "", 0, 0, "run by a configuration, telling what rules find"},
	[COMMAND_SERVER] = {"server", "", 0, 0, "the daemon with an HTTP API and a page"},
	[COMMAND_SELFTEST] = {"selftest", "", 0, 0, "set each rule off, harmlessly, and say whether it saw it"},
	[COMMAND_SECCOMP] = {"seccomp", "[apply FILE | merge|subtract|diff|check|show FILE... | -- COMMAND...]", 0,
			     SIZE_MAX, "learn what a seccomp profile must allow, and apply it to what runs",
			     &seccomp_own},
	[COMMAND_QUERY] = {"query", "[events|alerts|connections]", 0, 1, "look into the history that the daemon keeps"},
	[COMMAND_FLAME] = {"flame", "FILE | diff BEFORE AFTER", 1, 3,
			   "draw folded stacks as a flame graph, or how two differ"},
};

#define BIT(command) (1u << COMMAND_##command)
#define LIVE (BIT(PLUGIN) | BIT(RUN))
#define RESIDENT (BIT(DAEMON) | BIT(SERVER))
#define TARGETS (LIVE | RESIDENT)
#define JUDGES (BIT(RULES) | BIT(EXPLAIN))
#define ROUNDS (LIVE | BIT(TOP))
#define SHOWS (ROUNDS | BIT(REPLAY) | BIT(QUERY))
#define LEARNS BIT(SECCOMP)
#define FINDS (LIVE | LEARNS | BIT(REPLAY) | BIT(LIST) | BIT(DOCTOR) | BIT(INSPECT) | RESIDENT | BIT(SELFTEST) | JUDGES)
#define ALL ((1u << COMMANDS) - 1)

int add_text(struct texts *to, const char *text)
{
	const char **items = realloc(to->items, (to->n + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	to->items = items;
	items[to->n++] = text;
	return 0;
}

/* Each part of a comma-separated list; the parts are copies that live as long as the process's arguments do. */
static int add_parts(struct texts *to, const char *value, char *why, size_t why_size)
{
	do {
		size_t n = strcspn(value, ",");
		char *part = n ? strndup(value, n) : NULL;
		if (!part || add_text(to, part)) {
			free(part);
			snprintf(why, why_size, n ? "no memory" : "an empty name");
			return -EINVAL;
		}
		value += n + (value[n] == ',');
	} while (*value);
	return 0;
}

static int add_id(struct ids *to, uint32_t id)
{
	uint32_t *items = realloc(to->items, (to->n + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	to->items = items;
	items[to->n++] = id;
	return 0;
}

static int parse_u64(const char *text, uint64_t *out, const char **end)
{
	char *stop;
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &stop, 10);
	*end = stop;
	return errno ? -ERANGE : 0;
}

static int parse_unit(const char *text, const struct eun_label *units, uint64_t *out)
{
	const char *end;
	if (parse_u64(text, out, &end))
		return -EINVAL;
	for (; units->name; units++)
		if (!strcmp(end, units->name))
			return __builtin_mul_overflow(*out, units->value, out) ? -ERANGE : 0;
	return -EINVAL;
}

int parse_ms(const char *text, uint64_t *ms)
{
	static const struct eun_label units[] = {{1000, ""},   {1, "ms"},      {1000, "s"},
						 {60000, "m"}, {3600000, "h"}, {0, NULL}};
	return parse_unit(text, units, ms);
}

int parse_bytes(const char *text, uint64_t *bytes)
{
	static const struct eun_label units[] = {{1, ""},        {1 << 10, "k"}, {1 << 10, "K"}, {1 << 20, "m"},
						 {1 << 20, "M"}, {1 << 30, "g"}, {1 << 30, "G"}, {0, NULL}};
	return parse_unit(text, units, bytes);
}

#define TAKE(name) static int take_##name(struct request *r, const char *value, char *why, size_t why_size)

#define TAKE_FLAG(name, member)                         \
	TAKE(name)                                      \
	{                                               \
		(void)value, (void)why, (void)why_size; \
		r->member = true;                       \
		return 0;                               \
	}
TAKE_FLAG(help, help)
TAKE_FLAG(version, version)
TAKE_FLAG(follow, follow)
TAKE_FLAG(failed, failed)
TAKE_FLAG(no_header, no_header)
TAKE_FLAG(stats, stats)
TAKE_FLAG(insecure, insecure)
TAKE_FLAG(prometheus, prometheus)

#define TAKE_TEXT(name, member)            \
	TAKE(name)                         \
	{                                  \
		(void)why, (void)why_size; \
		r->member = value;         \
		return 0;                  \
	}
TAKE_TEXT(filter, filter)
TAKE_TEXT(fields, fields)
TAKE_TEXT(sort, sort)
TAKE_TEXT(output, output)
TAKE_TEXT(record, record)
TAKE_TEXT(btf, btf)
TAKE_TEXT(config, config)
TAKE_TEXT(seccomp, seccomp)
TAKE_TEXT(rule, rule)
TAKE_TEXT(replay, replay)
TAKE_TEXT(db, db)
TAKE_TEXT(sql, sql)

#define TAKE_PARTS(name, member)                                    \
	TAKE(name)                                                  \
	{                                                           \
		return add_parts(&r->member, value, why, why_size); \
	}
TAKE_PARTS(plugin, plugins)
TAKE_PARTS(streams, streams)

#define TAKE_ONE(name, member)                      \
	TAKE(name)                                  \
	{                                           \
		(void)why, (void)why_size;          \
		return add_text(&r->member, value); \
	}
TAKE_ONE(set, set)
TAKE_ONE(comm, comms)
TAKE_ONE(rules, rules)
TAKE_ONE(listen, listen)

TAKE(container)
{
	if (*value)
		return add_text(&r->containers, value);
	snprintf(why, why_size, "an empty name");
	return -EINVAL;
}

TAKE(plugin_path)
{
	(void)r, (void)value, (void)why, (void)why_size;
	return 0; /* parse_command() has it */
}

TAKE(pid)
{
	do { /* an empty value is an error: nothing would be filtered */
		uint64_t pid;
		const char *end;
		if (parse_u64(value, &pid, &end) || (*end && *end != ',') || !pid || pid > INT32_MAX) {
			snprintf(why, why_size, "'%s' is not a process id", value);
			return -EINVAL;
		}
		if (add_id(&r->pids, (uint32_t)pid))
			return -ENOMEM;
		value = end + (*end == ',');
	} while (*value);
	return 0;
}

TAKE(uid)
{
	uint64_t uid;
	const char *end;
	if (parse_u64(value, &uid, &end) || *end) {
		const struct passwd *pw = getpwnam(value);
		if (!pw) {
			snprintf(why, why_size, "there is no user '%s'", value);
			return -EINVAL;
		}
		uid = pw->pw_uid;
	}
	if (uid > UINT32_MAX) {
		snprintf(why, why_size, "'%s' is not a user id", value);
		return -EINVAL;
	}
	return add_id(&r->uids, (uint32_t)uid);
}

/* A namespace: its inode number, or a file that stands for it (/proc/PID/ns/mnt). */
static int take_namespace(struct ids *to, const char *value, char *why, size_t why_size)
{
	uint64_t inum;
	const char *end;
	struct stat st;
	struct statfs fs;
	if (!parse_u64(value, &inum, &end) && !*end && inum && inum <= UINT32_MAX)
		return add_id(to, (uint32_t)inum);
	if (!stat(value, &st) && !statfs(value, &fs) && fs.f_type == NSFS_MAGIC)
		return add_id(to, (uint32_t)st.st_ino);
	snprintf(why, why_size, "'%s' is no namespace's inode number nor a file like /proc/PID/ns/mnt", value);
	return -EINVAL;
}

TAKE(mntns)
{
	return take_namespace(&r->mntns, value, why, why_size);
}

TAKE(pidns)
{
	return take_namespace(&r->pidns, value, why, why_size);
}

/* `formats`: bit per format that there is. */
static int take_format(struct request *r, uint32_t formats, const char *value, char *why, size_t why_size)
{
	char names[128] = "";
	if (!format_parse(value, &r->format) && formats & 1u << r->format)
		return 0;
	for (size_t i = 0; format_names[i]; i++)
		if (formats & 1u << i)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", *names ? ", " : "",
				 format_names[i]);
	snprintf(why, why_size, "unknown format '%s' (there are %s)", value, names);
	return -EINVAL;
}

/* Of live runs: stacks can be added up, too. */
TAKE(live_fmt)
{
	for (size_t i = 1; i < FLAME_FORMATS; i++)
		if (!strcmp(value, flame_format_names[i])) {
			r->stacks = (enum flame_format)i;
			return 0;
		}
	return take_format(r, ~0u, value, why, why_size);
}

TAKE(fmt)
{
	return take_format(r, ~0u, value, why, why_size);
}

TAKE(plain_fmt)
{
	return take_format(r, 1u << FORMAT_TEXT | 1u << FORMAT_JSON, value, why, why_size);
}

#define HOURS_MAX 1000u

static int take_ms(uint64_t *out, uint64_t least, const char *value, char *why, size_t why_size)
{
	if (!parse_ms(value, out) && *out >= least && *out <= HOURS_MAX * 3600000ull)
		return 0;
	snprintf(why, why_size, "'%s' is not a time from %llums to %uh (10, 500ms, 2m)", value,
		 (unsigned long long)least, HOURS_MAX);
	return -EINVAL;
}

TAKE(duration)
{
	return take_ms(&r->duration_ms, 1, value, why, why_size);
}

TAKE(interval)
{
	return take_ms(&r->interval_ms, 10, value, why, why_size);
}

static int take_number(uint64_t *out, const char *value, char *why, size_t why_size)
{
	const char *end;
	if (!parse_u64(value, out, &end) && !*end && *out)
		return 0;
	snprintf(why, why_size, "'%s' is not a number above 0", value);
	return -EINVAL;
}

TAKE(top)
{
	return take_number(&r->top, value, why, why_size);
}

TAKE(limit)
{
	return take_number(&r->limit, value, why, why_size);
}

static int take_when(int64_t *out, const char *value, char *why, size_t why_size)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!parse_when(value, now.tv_sec * 1000000000ll + now.tv_nsec, out))
		return 0;
	snprintf(why, why_size, "'%s' is no time (1h, 2d: so long ago; 2026-11-24, 2026-11-24T10:11:12Z)", value);
	return -EINVAL;
}

TAKE(from)
{
	return take_when(&r->from, value, why, why_size);
}

TAKE(to)
{
	return take_when(&r->to, value, why, why_size);
}

TAKE(count)
{
	return take_number(&r->count, value, why, why_size);
}

TAKE(ring_size)
{
	if (!parse_bytes(value, &r->ring_bytes) && r->ring_bytes >= 4096 && r->ring_bytes <= 1u << 30)
		return 0;
	snprintf(why, why_size, "'%s' is not a size between 4k and 1g", value);
	return -EINVAL;
}

TAKE(ia32)
{
	static const char *const names[] = {[IA32_AUTO] = "auto", [IA32_ON] = "on", [IA32_OFF] = "off"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(value, names[i])) {
			r->ia32 = (enum ia32)i;
			return 0;
		}
	snprintf(why, why_size, "'%s' is none of auto, on, off", value);
	return -EINVAL;
}

const struct option options[] = {
	{"plugin", 0, "A,B", "plugins to load, by name or file", BIT(PLUGIN) | BIT(DOCTOR) | BIT(EXPLAIN), take_plugin},
	{"plugin-path", 0, "DIR", "folder to look for plugins in first (repeatable)", FINDS, take_plugin_path},
	{"streams", 0, "A,B", "streams to print instead of the default ones (* matches)", BIT(PLUGIN) | BIT(EXPLAIN),
	 take_streams},
	{"db", 0, "FILE", "the history (/var/lib/eunomia/history.db)", BIT(QUERY), take_db},
	{"from", 0, "TIME", "from then on: 1h, 2d (so long ago), 2026-11-24, 2026-11-24T10:11:12Z", BIT(QUERY),
	 take_from},
	{"to", 0, "TIME", "until then", BIT(QUERY), take_to},
	{"limit", 0, "N", "only the last N", BIT(QUERY), take_limit},
	{"sql", 0, "SELECT", "a question in SQL instead (docs/history.md has the tables)", BIT(QUERY), take_sql},
	{"streams", 0, "A,B", "only these streams of the events (* matches)", BIT(QUERY), take_streams},
	{"set", 0, "PLUGIN.KEY=VALUE", "an option of a plugin (repeatable; see inspect)", LIVE, take_set},
	{"pid", 'p', "PID", "only these processes, all their threads (repeatable)", TARGETS | LEARNS, take_pid},
	{"pid", 'p', "PID", "only these hosts (repeatable)", BIT(TOP), take_pid},
	{"follow", 0, NULL, "with -p: their descendants too, alive now or later", TARGETS | LEARNS, take_follow},
	{"uid", 'u', "USER", "only processes of this user, by name or id (repeatable)", TARGETS, take_uid},
	{"comm", 'n', "NAME", "only threads of this name (repeatable)", TARGETS, take_comm},
	{"container", 'c', "CONTAINER", "only this container, by name, id or beginning of the id (repeatable)",
	 TARGETS | LEARNS, take_container},
	{"mntns", 0, "NS", "only this mount namespace, by inode number or /proc/PID/ns/mnt (repeatable)", LIVE,
	 take_mntns},
	{"pidns", 0, "NS", "only this pid namespace, by inode number or /proc/PID/ns/pid (repeatable)", LIVE,
	 take_pidns},
	{"failed", 'x', NULL, "only what failed", SHOWS & ~BIT(TOP), take_failed},
	{"filter", 0, "EXPR", "only events that match: 'path startswith /etc and uid != 0'", SHOWS | BIT(EXPLAIN),
	 take_filter},
	{"rules", 0, "PATH", "alerts of the rules in this file or folder (repeatable)", TARGETS, take_rules},
	{"config", 0, "FILE", "the configuration (/etc/eunomia/eunomia.ini)", RESIDENT, take_config},
	{"listen", 0, "ADDRESS", "where to listen (127.0.0.1:8080); *:8080: everywhere (repeatable)", BIT(SERVER),
	 take_listen},
	{"insecure", 0, NULL, "let other machines in without TLS", BIT(SERVER), take_insecure},
	{"prometheus", 0, NULL, "metrics of plugins in /metrics, as with [metrics]", BIT(SERVER), take_prometheus},
	{"seccomp", 0, "FILE", "the seccomp profile to apply to what -p or -c mean, for good", BIT(DAEMON),
	 take_seccomp},
	{"rules", 0, "PATH", "the rules of this file or folder (repeatable)", BIT(EXPLAIN) | BIT(SELFTEST), take_rules},
	{"rule", 0, "NAME", "the rule to explain", BIT(EXPLAIN), take_rule},
	{"replay", 0, "FILE", "a recording to judge", JUDGES, take_replay},
	{"fmt", 0, "FORMAT",
	 "text, wide, json (an object a line) or csv; of stacks also folded, svg, pprof, speedscope", LIVE,
	 take_live_fmt},
	{"fmt", 0, "FORMAT", "text, wide, json (an object a line) or csv", SHOWS & ~LIVE, take_fmt},
	{"fmt", 0, "FORMAT", "apply --canary: text, wide, json (an object a line) or csv", LEARNS, take_fmt},
	{"fmt", 0, "FORMAT", "text or json (an object a line)", ALL & ~SHOWS & ~LEARNS, take_plain_fmt},
	{"fields", 0, "A,B", "fields to print instead of the usual ones", SHOWS, take_fields},
	{"sort", 0, "A,-B", "sort by fields (- descends) at the end or each interval", SHOWS, take_sort},
	{"top", 0, "N", "print only the first N rows of each round", SHOWS, take_top},
	{"top", 0, "N", "with --replay: show the first N events (10)", BIT(EXPLAIN), take_top},
	{"interval", 0, "TIME", "print tables so often (1s)", ROUNDS, take_interval},
	{"count", 0, "N", "stop after N intervals", ROUNDS, take_count},
	{"duration", 'T', "TIME", "stop after this time (10, 500ms, 2m)", ROUNDS | LEARNS, take_duration},
	{"output", 'o', "FILE", "write to a file instead of stdout", SHOWS | LEARNS | BIT(RULES), take_output},
	{"record", 0, "FILE", "also write raw events to a file for `replay`", LIVE, take_record},
	{"no-header", 0, NULL, "no line with the columns' names", SHOWS, take_no_header},
	{"ring-size", 0, "BYTES", "size of the ring between kernel and host (2m)", LIVE, take_ring_size},
	{"ia32", 0, "WHEN", "system calls of 32-bit programs too: on, off, auto (with rules)", LIVE, take_ia32},
	{"btf", 0, "FILE", "kernel types, where the kernel does not offer its own", LIVE | LEARNS | BIT(DOCTOR),
	 take_btf},
	{"stats", 0, NULL, "at the end, what became of each stream's events, on stderr", LIVE, take_stats},
	{"help", 'h', NULL, "this text", ALL, take_help},
	{"version", 'V', NULL, "print the version", ALL, take_version},
};
const size_t n_options = sizeof(options) / sizeof(options[0]);

void request_free(struct request *r)
{
	for (size_t i = 0; i < r->plugins.n; i++)
		free((char *)r->plugins.items[i]);
	for (size_t i = 0; i < r->streams.n; i++)
		free((char *)r->streams.items[i]);
	free(r->plugins.items);
	free(r->streams.items);
	free(r->plugin_paths.items);
	free(r->set.items);
	free(r->rules.items);
	free(r->listen.items);
	free(r->comms.items);
	free(r->operands.items);
	free(r->pids.items);
	free(r->uids.items);
	free(r->containers.items);
	free(r->mntns.items);
	free(r->pidns.items);
}
