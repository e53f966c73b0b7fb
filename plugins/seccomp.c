/* SPDX-License-Identifier: MIT */
/* What a seccomp filter would have to allow, and what one denies. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <eunomia/plugin.h>

#include "seccomp.h"
#include "seccomp_metrics.h"
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

/* As libseccomp calls them. */
static const struct eun_label abis[] = {
#if defined(__x86_64__)
	{SECCOMP_NATIVE, "x86_64"},
	{SECCOMP_COMPAT, "x86"},
	{SECCOMP_X32, "x32"},
#else
	{SECCOMP_NATIVE, "aarch64"},
	{SECCOMP_COMPAT, "arm"},
#endif
	{0, NULL},
};

static const struct eun_label whats[] = {
	{SECCOMP_CALL, "call"},
	{SECCOMP_VALUE, "value"},
	{SECCOMP_MANY, "many"},
	{0, NULL},
};

static const struct eun_label actions[] = {
	{SECCOMP_ERRNO, "errno"},
	{SECCOMP_TRAP, "trap"},
	{SECCOMP_KILL, "kill"},
	{SECCOMP_KILL_THREAD, "kill_thread"},
	{0, NULL},
};

static const struct eun_label fates[] = {
	{SECCOMP_RET_ERRNO, "errno"},       {SECCOMP_RET_TRAP, "trap"},
	{SECCOMP_RET_KILL_PROCESS, "kill"}, {SECCOMP_RET_KILL_THREAD, "kill_thread"},
	{SECCOMP_RET_USER_NOTIF, "notify"}, {SECCOMP_RET_TRACE, "trace"},
	{SECCOMP_RET_LOG, "log"},           {0, NULL},
};

static const struct eun_label arguments[] = {
	{1 << 0, "a0"}, {1 << 1, "a1"}, {1 << 2, "a2"}, {1 << 3, "a3"}, {1 << 4, "a4"}, {1 << 5, "a5"}, {0, NULL},
};

#define LEARN(member, type, flags, help) EUN_FIELD(struct seccomp_learn, member, type, flags, help)
#define DENIED(member, type, flags, help) EUN_FIELD(struct seccomp_denied, member, type, flags, help)
#define CANARY(member, type, flags, help) EUN_FIELD(struct seccomp_canary, member, type, flags, help)
#define LABELLED(record, member, labels, help) EUN_LABELLED(record, member, EUN_ENUM, 0, labels, help)
#define ARGUMENT(i) \
	EUN_NAMED("a" #i, struct seccomp_denied, args[i], EUN_U64, EUN_FIELD_HEX, NULL, "an argument, as it was passed")
#define TESTED(i) \
	EUN_NAMED("a" #i, struct seccomp_canary, args[i], EUN_U64, EUN_FIELD_HEX, NULL, "an argument, if it is tested")

static const struct eun_field learn_fields[] = {
	LABELLED(struct seccomp_learn, syscall, calls, "the system call, by its native name"),
	LABELLED(struct seccomp_learn, abi, abis, "the entry it came through"),
	LEARN(nr, EUN_U32, 0, "its number there"),
	LABELLED(struct seccomp_learn, what, whats,
		 "what is new: the call, a value of its argument, or too many of them"),
	LEARN(arg, EUN_U8, 0, "which argument, from 0 on"),
	LEARN(value, EUN_U32, EUN_FIELD_HEX, "the argument's value, the lower half"),
};

static const struct eun_field denied_fields[] = {
	LABELLED(struct seccomp_denied, syscall, calls, "the system call, by its native name"),
	LABELLED(struct seccomp_denied, action, actions,
		 "what the filter had done to it; errno: also a tracer's, without one"),
	DENIED(ret, EUN_ERRNO, EUN_FIELD_ERROR, "the filter's error; 0: a signal"),
	LABELLED(struct seccomp_denied, abi, abis, "the entry it came through"),
	DENIED(nr, EUN_U32, 0, "its number there"),
	ARGUMENT(0),
	ARGUMENT(1),
	ARGUMENT(2),
	ARGUMENT(3),
	ARGUMENT(4),
	ARGUMENT(5),
};

static const struct eun_field canary_fields[] = {
	LABELLED(struct seccomp_canary, syscall, calls, "the system call, by its native name"),
	LABELLED(struct seccomp_canary, action, fates, "what the filter would have done to it"),
	CANARY(error, EUN_ERRNO, 0, "the filter's error; 0: another action"),
	LABELLED(struct seccomp_canary, abi, abis, "the entry it came through"),
	CANARY(nr, EUN_U32, 0, "its number there"),
	CANARY(count, EUN_U64, EUN_FIELD_SUM, "so many such calls of the process since the last row"),
	CANARY(first, EUN_TIME, 0, "when the first of them was made"),
	CANARY(last, EUN_TIME, 0, "and the last"),
	CANARY(already, EUN_BOOL, 0, "a filter that is there denies them, with another error"),
	EUN_LABELLED(struct seccomp_canary, tested, EUN_FLAGS, 0, arguments, "the arguments that the filter looked at"),
	CANARY(many, EUN_BOOL, 0, "these had too many values to tell of each"),
	TESTED(0),
	TESTED(1),
	TESTED(2),
	TESTED(3),
	TESTED(4),
	TESTED(5),
};

static const struct eun_stream streams[] = {
	[SECCOMP_LEARN] = {.name = "seccomp.learn",
			   .version = 1,
			   .record_size = sizeof(struct seccomp_learn),
			   .flags = EUN_STREAM_CRITICAL,
			   .fields = EUN_TABLE(learn_fields),
			   .columns = "syscall,abi,nr,what,value",
			   .role = "seccomp.learn",
			   .help = "each system call that targets make, once: the first time it is seen to begin"},
	[SECCOMP_DENIED] = {.name = "seccomp.denied",
			    .version = 1,
			    .record_size = sizeof(struct seccomp_denied),
			    .flags = EUN_STREAM_DEFAULT,
			    .fields = EUN_TABLE(denied_fields),
			    .columns = "syscall,action,ret,a0,a1,a2",
			    .role = "seccomp.denied",
			    .help = "calls that a seccomp filter denied; not those it logs alone, nor errors of 0"},
	[SECCOMP_CANARY] = {.name = "seccomp.canary",
			    .version = 1,
			    .record_size = sizeof(struct seccomp_canary),
			    .flags = EUN_STREAM_AGGREGATE,
			    .fields = EUN_TABLE(canary_fields),
			    .columns = "syscall,action,error,count,already,tested,a0,a1,a2",
			    .role = "seccomp.canary",
			    .help = "calls that a filter would deny which is not installed: see the option canary"},
};

static const struct eun_option options[] = {
	{.key = "args",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "seccomp.learn: values of arguments too, of clone, ioctl, personality, prctl, socket and unshare",
	 .var = "seccomp_args"},
	{.key = "canary",
	 .type = EUN_OPTION_STRING,
	 .def = "",
	 .max = 4095,
	 .help = "seccomp.canary: file of the filter, as eunomia seccomp show --format bpf writes it"},
};

/* Calls must be seen to begin before they are seen to end: first come, first attached. */
static const struct eun_program programs[] = {
	{.name = "learn_enter", .streams = EUN_BIT(SECCOMP_LEARN)},
	{.name = "canary_enter", .streams = EUN_BIT(SECCOMP_CANARY)},
	{.name = "denied_enter", .streams = EUN_BIT(SECCOMP_DENIED) | EUN_BIT(SECCOMP_CANARY)},
	{.name = "denied_exit", .streams = EUN_BIT(SECCOMP_DENIED) | EUN_BIT(SECCOMP_CANARY)},
	{.name = "denied_signal", .streams = EUN_BIT(SECCOMP_DENIED)},
	{.name = "denied_thread", .streams = EUN_BIT(SECCOMP_DENIED)},
};

static const struct eun_aggregate aggregates[] = {
	{.map = "seccomp_canary_calls",
	 .stream = SECCOMP_CANARY,
	 .key_size = 72,
	 .value_size = sizeof(struct seccomp_canary) + sizeof(__u64)},
	{.map = "seccomp_canary_values",
	 .stream = SECCOMP_CANARY,
	 .key_size = 72,
	 .value_size = sizeof(struct seccomp_canary) + sizeof(__u64)},
};

_Static_assert(sizeof(struct seccomp_instruction) == sizeof(struct sock_filter), "a program is copied as it is");

/* What the BPF side knows of the classic machine: what libseccomp makes programs of. */
static int is_known(const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		/* all but the instruction pointer */
		return f->k % 4 == 0 && f->k < sizeof(struct seccomp_data) && f->k / 8 != 1;
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_RET | BPF_K:
		return 1;
	}
	return 0;
}

/* Reads the filter into the map's memory. */
static int take_filter(const struct eun_host *host, struct eun_instance *in, const char *name, struct sock_filter *to)
{
	const long size = sizeof(*to);
	int err = 0, fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st = {0};
	if (fd < 0 || fstat(fd, &st))
		err = host->fail(in, -errno, "option canary: %s: %m", name);
	else if (!S_ISREG(st.st_mode) || !st.st_size || st.st_size % size || st.st_size > SECCOMP_INSTRUCTIONS * size)
		err = host->fail(in, -EINVAL, "option canary: %s: no filter: that is 1 to %d instructions of %ld bytes",
				 name, SECCOMP_INSTRUCTIONS, size);
	else if (pread(fd, to, (size_t)st.st_size, 0) != st.st_size)
		err = host->fail(in, -EIO, "option canary: %s: it changes while it is read", name);
	for (long i = 0; !err && i < st.st_size / size; i++)
		if (!is_known(&to[i]))
			err = host->fail(in, -EINVAL,
					 "option canary: %s: instruction %ld (0x%02x) is none that libseccomp uses",
					 name, i, to[i].code);
	if (fd >= 0)
		close(fd);
	return err;
}

static int seccomp_open(const struct eun_host *host, struct eun_instance *in, void **self)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const size_t size = SECCOMP_INSTRUCTIONS * sizeof(struct sock_filter);
	const char *name = host->option(in, "canary");
	struct sock_filter *to =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, host->map_fd(in, "seccomp_filter"), 0);
	*self = NULL;
	if (to == MAP_FAILED)
		return host->fail(in, -errno, "map seccomp_filter: %m");
	to[0] = allow;
	int err = name && *name ? take_filter(host, in, name, to) : 0;
	munmap(to, size);
	return err;
}

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "seccomp",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "system calls: which ones a filter must allow, which one denied, which one would",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.aggregates = EUN_TABLE(aggregates),
	.metrics = EUN_TABLE(metrics),
	.open = seccomp_open,
};
