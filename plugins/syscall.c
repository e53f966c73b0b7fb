/* SPDX-License-Identifier: MIT */
/* System calls: how many and how long by process, number and result; and one by one with their arguments. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <eunomia/plugin.h>

#include "syscall.h"
#include "syscall_metrics.h"
#include "syscall_args.h"

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

static const __u8 kinds[SYSCALL_CALLS][SYSCALL_ARGS] = {
#define ROW(name, number, ...) [number] = {__VA_ARGS__},
#include "syscall_table.h"
};

/* Strings and data in the text of arguments are cut there. */
#define STRING_SHOWN 100
#define DATA_SHOWN 32

/* A text that grows; `len` is what it would need. */
struct text {
	char *buf;
	__u32 size, len;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	__u32 at = t->len < t->size ? t->len : t->size;
	t->len += (__u32)vsnprintf(t->buf + at, t->size - at, format, args);
	va_end(args);
}

/* What can't be printed is left to the host, which escapes all of it; but a NUL would end the text. */
static void put_quoted(struct text *t, const char *bytes, __u32 len, __u32 most)
{
	put(t, "\"");
	for (__u32 i = 0; i < len && i < most; i++) {
		const char *escape = bytes[i] == '"' || bytes[i] == '\\' ? "\\" : "";
		if (bytes[i])
			put(t, "%s%c", escape, bytes[i]);
		else
			put(t, "\u2400");
	}
	put(t, len > most ? "\"..." : "\"");
}

static const char *label_of(const struct eun_label *labels, __u64 value)
{
	for (; labels && labels->name; labels++)
		if (labels->value == value)
			return labels->name;
	return NULL;
}

static void put_names(struct text *t, const struct syscall_names *names, __u64 value)
{
	__u64 left = (__u32)value;
	const char *between = "";
	const char *name = label_of(names->values, left & names->mask);
	if (name) {
		put(t, "%s", name);
		between = "|";
		left &= ~names->mask;
	} else if (!left && (name = label_of(names->flags, 0))) {
		put(t, "%s", name);
		return;
	}
	for (const struct eun_label *l = names->flags; l && l->name; l++) {
		if (!l->value || (left & l->value) != l->value)
			continue;
		put(t, "%s%s", between, l->name);
		between = "|";
		left &= ~l->value;
	}
	if (left)
		put(t, "%s0x%llx", between, left);
	else if (!*between)
		put(t, "0");
}

/* The bytes of a struct sockaddr, as the call had them. */
static void put_address(struct text *t, const char *bytes, __u32 len)
{
	struct sockaddr_storage a = {0};
	const struct sockaddr_in *v4 = (const void *)&a;
	const struct sockaddr_in6 *v6 = (const void *)&a;
	const struct sockaddr_un *local = (const void *)&a;
	char name[INET6_ADDRSTRLEN];
	const __u32 path = offsetof(struct sockaddr_un, sun_path);
	memcpy(&a, bytes, len < sizeof(a) ? len : sizeof(a));
	if (a.ss_family == AF_INET) {
		put(t, "%s:%u", inet_ntop(AF_INET, &v4->sin_addr, name, sizeof(name)), ntohs(v4->sin_port));
	} else if (a.ss_family == AF_INET6) {
		put(t, "[%s]:%u", inet_ntop(AF_INET6, &v6->sin6_addr, name, sizeof(name)), ntohs(v6->sin6_port));
	} else if (a.ss_family == AF_UNIX && len > path && local->sun_path[0]) {
		put_quoted(t, local->sun_path, (__u32)strnlen(local->sun_path, len - path), STRING_SHOWN);
	} else if (a.ss_family == AF_UNIX && len > path) {
		put(t, "@");
		put_quoted(t, local->sun_path + 1, len - path - 1, STRING_SHOWN);
	} else {
		put_names(t, &syscall_names[A_FAMILY], a.ss_family);
	}
}

/* What an argument leads to; false: it was not read. `args`: they and the tail behind them, `len` bytes. */
static int put_followed(struct text *t, eun_ref ref, const char *args, __u32 len, __u32 kind)
{
	/* the references count from the record's start */
	__u32 at = EUN_REF_OFF(ref), n = EUN_REF_LEN(ref);
	const __u32 start = offsetof(struct syscall_call, in);
	if (at < start + sizeof(struct syscall_args) || at - start > len || n > len - (at - start))
		return 0;
	const char *bytes = args + (at - start);
	if (kind == A_ADDR || kind == A_ADDRBACK)
		put_address(t, bytes, n);
	else
		put_quoted(t, bytes, n, kind == A_BUF || kind == A_RBUF ? DATA_SHOWN : STRING_SHOWN);
	return 1;
}

static void put_number(struct text *t, __u32 kind, __u64 value)
{
	switch (kind) {
	case A_INT:
	case A_FD:
		put(t, "%d", (int)value);
		break;
	case A_AT:
		put(t, (int)value == AT_FDCWD ? "AT_FDCWD" : "%d", (int)value);
		break;
	case A_LONG:
		put(t, "%lld", (long long)value);
		break;
	case A_SIZE:
		put(t, "%llu", value);
		break;
	case A_MODE:
	case A_OPENMODE:
		put(t, "%#03o", (__u32)value);
		break;
	default:
		if (syscall_names[kind].values || syscall_names[kind].flags)
			put_names(t, &syscall_names[kind], value);
		else if (!value)
			put(t, kind == A_HEX || kind == A_NONE ? "0" : "NULL");
		else
			put(t, "0x%llx", value);
	}
}

/* Of open: a mode is meant when a file may be made. */
static int makes_file(__u64 flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

/* openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC): what stands between the brackets. */
static int args_text(const char *bytes, __u32 len, char *buf, __u32 size)
{
	struct syscall_args args;
	memcpy(&args, bytes, sizeof(args));
	static const __u8 unknown[SYSCALL_ARGS] = {A_HEX, A_HEX, A_HEX, A_HEX, A_HEX, A_HEX};
	const __u8 *kind = args.syscall < SYSCALL_CALLS ? kinds[args.syscall] : unknown;
	struct text t = {.buf = buf, .size = size};
	*buf = '\0';
	for (__u32 i = 0; i < SYSCALL_ARGS && kind[i] != A_NONE; i++) {
		if (kind[i] == A_OPENMODE && !makes_file(args.value[i - 1]))
			break;
		put(&t, i ? ", " : "");
		if (!put_followed(&t, args.text[i], bytes, len, kind[i]))
			put_number(&t, kind[i], args.value[i]);
	}
	if (t.len >= size) {
		snprintf(buf + size - sizeof("..."), sizeof("..."), "...");
		return (int)size - 1;
	}
	return (int)t.len;
}

/* What the kernel keeps to itself and a tracer sees: include/linux/errno.h */
static const struct eun_label restarts[] = {{512, "ERESTARTSYS"},
					    {513, "ERESTARTNOINTR"},
					    {514, "ERESTARTNOHAND"},
					    {516, "ERESTART_RESTARTBLOCK"},
					    {0, NULL}};

static int result_text(__s64 result, char *buf, __u32 size)
{
	const char *name = NULL;
	if (result < 0 && result >= -4095)
		name = label_of(restarts, (__u64)-result);
	if (!name && result < 0 && result >= -4095)
		name = strerrorname_np((int)-result);
	if (name)
		return snprintf(buf, size, "%s", name);
	return snprintf(buf, size, result > INT_MAX || result < -4095 ? "0x%llx" : "%lld", (long long)result);
}

#define CALL_FIELD(record, member) EUN_NAMED("syscall", record, member, EUN_ENUM, 0, calls, "the system call")

static const struct eun_field count_fields[] = {
	CALL_FIELD(struct syscall_count, syscall),
	EUN_FIELD(struct syscall_count, ret, EUN_ERRNO, EUN_FIELD_ERROR, "0, or why these calls failed"),
	EUN_FIELD(struct syscall_count, count, EUN_U64, EUN_FIELD_SUM, "calls that ended"),
	EUN_FIELD(struct syscall_count, time_ns, EUN_U64, EUN_FIELD_SUM, "time in them, with the option latency"),
};

#define CALL(member, type, flags, help) EUN_FIELD(struct syscall_call, member, type, flags, help)
#define ARGUMENT(i)                                                                       \
	EUN_NAMED("a" #i, struct syscall_call, in.value[i], EUN_U64, EUN_FIELD_HEX, NULL, \
		  "an argument, as it was passed")
#define PATH(name, i, help) EUN_NAMED(name, struct syscall_call, path[i], EUN_STRING, EUN_FIELD_USER, NULL, help)

enum { FIELD_SYSCALL, FIELD_ARGS, FIELD_RESULT }; /* rows, for format() */

static const struct eun_field call_fields[] = {
	[FIELD_SYSCALL] = CALL_FIELD(struct syscall_call, in.syscall),
	[FIELD_ARGS] = CALL(args, EUN_BYTES, EUN_FIELD_USER | EUN_FIELD_TEXT,
			    "the arguments, and what they lead to when the call ends"),
	[FIELD_RESULT] = CALL(result, EUN_S64, 0, "what it returned"),
	CALL(ret, EUN_ERRNO, EUN_FIELD_ERROR, "0, or why it failed"),
	CALL(latency_ns, EUN_U64, 0, "from its begin to its end; 0: it began before the start"),
	PATH("path", 0, "the first path among the arguments"),
	PATH("path2", 1, "the second one"),
	CALL(addr, EUN_SOCKADDR, EUN_FIELD_USER, "the socket's address among them"),
	ARGUMENT(0),
	ARGUMENT(1),
	ARGUMENT(2),
	ARGUMENT(3),
	ARGUMENT(4),
	ARGUMENT(5),
};

static const struct eun_stream streams[] = {
	[SYSCALL_COUNT] = {.name = "syscall.count",
			   .version = 1,
			   .record_size = sizeof(struct syscall_count),
			   .flags = EUN_STREAM_DEFAULT | EUN_STREAM_AGGREGATE,
			   .fields = EUN_TABLE(count_fields),
			   .columns = "syscall,ret,count",
			   .help = "calls added up by process, call and result; exit and exit_group never end"},
	[SYSCALL_CALL] = {.name = "syscall.call",
			  .version = 1,
			  .record_size = sizeof(struct syscall_call),
			  .fields = EUN_TABLE(call_fields),
			  .columns = "syscall,args,result,latency_ns",
			  .help = "each call when it ends, with its arguments"},
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
	{.key = "calls",
	 .type = EUN_OPTION_STRING,
	 .def = "",
	 .max = 4096,
	 .help = "syscall.call: only these, names with commas between"},
};

static const struct eun_program programs[] = {
	{.name = "count_exit", .streams = EUN_BIT(SYSCALL_COUNT)},
	{.name = "count_enter", .streams = EUN_BIT(SYSCALL_COUNT), .option = "latency"},
	{.name = "call_enter", .streams = EUN_BIT(SYSCALL_CALL)},
	{.name = "call_exit", .streams = EUN_BIT(SYSCALL_CALL)},
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
	{.name = "errno",
	 .letter = 'e',
	 .value = "ERRNO",
	 .help = "only calls that failed so; several with commas between",
	 .where = "ret in ($)"},
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

static const struct eun_column syscalls_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm"},
	{.header = "SYSCALL", .field = "syscall", .width = 16},
	{.header = "ARGS", .field = "args", .width = 48},
	{.header = "RET", .field = "result", .width = 8},
	{.header = "LAT_US", .field = "latency_ns", .width = 8, .decimals = 1, .divisor = 1000},
};

static const struct eun_tool_option syscalls_options[] = {
	{.name = "calls",
	 .letter = 'e',
	 .value = "CALLS",
	 .help = "only these, names with commas between",
	 .where = "syscall in ($)",
	 .set = "calls=$"},
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
	{.name = "syscalls",
	 .help = "system calls one by one, as strace has them",
	 .stream = SYSCALL_CALL,
	 .columns = EUN_TABLE(syscalls_columns),
	 .options = EUN_TABLE(syscalls_options)},
};

/* As struct syscall_choice of the BPF object. */
struct choice {
	__u8 all;
	__u8 of[SYSCALL_NUMBERS];
};

static int choose(struct choice *choice, const char *list, const struct eun_host *host, struct eun_instance *in)
{
	choice->all = !*list;
	while (*list) {
		const struct eun_label *l = calls;
		size_t len = strcspn(list, ", ");
		while (l->name && (strlen(l->name) != len || strncmp(l->name, list, len) != 0))
			l++;
		if (!l->name)
			return host->fail(in, -EINVAL,
					  "option calls: no system call is named '%.*s'; see syscount --list", (int)len,
					  list);
		choice->of[l->value] = 1;
		list += len;
		list += strspn(list, ", ");
	}
	return 0;
}

/* Tells the programs which calls are meant. */
static int syscall_open(const struct eun_host *host, struct eun_instance *in, void **self)
{
	struct choice choice = {0};
	__u32 zero = 0;
	int fd = host->map_fd(in, "syscall_chosen");
	int err = fd < 0 ? fd : choose(&choice, host->option(in, "calls"), host, in);
	if (err)
		return err;
	*self = NULL;
	union bpf_attr attr = {.map_fd = (__u32)fd, .key = (__u64)&zero, .value = (__u64)&choice};
	if (syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		return host->fail(in, -errno, "map syscall_chosen: %m");
	return 0;
}

static int syscall_format(void *self, __u32 stream, __u32 field, const void *bytes, __u32 len, char *buf, __u32 size)
{
	__s64 result;
	(void)self;
	if (stream == SYSCALL_CALL && field == FIELD_ARGS && len >= sizeof(struct syscall_args))
		return args_text(bytes, len, buf, size);
	if (stream != SYSCALL_CALL || field != FIELD_RESULT || len != sizeof(result))
		return -EINVAL;
	memcpy(&result, bytes, sizeof(result));
	return result_text(result, buf, size);
}

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
	.metrics = EUN_TABLE(metrics),
	.open = syscall_open,
	.format = syscall_format,
};
