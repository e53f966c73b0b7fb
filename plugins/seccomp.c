/* SPDX-License-Identifier: MIT */
/* What a seccomp filter would have to allow, and what one denies. */
#include <eunomia/plugin.h>

#include "seccomp.h"
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

#define LEARN(member, type, flags, help) EUN_FIELD(struct seccomp_learn, member, type, flags, help)
#define DENIED(member, type, flags, help) EUN_FIELD(struct seccomp_denied, member, type, flags, help)
#define LABELLED(record, member, labels, help) EUN_LABELLED(record, member, EUN_ENUM, 0, labels, help)
#define ARGUMENT(i) \
	EUN_NAMED("a" #i, struct seccomp_denied, args[i], EUN_U64, EUN_FIELD_HEX, NULL, "an argument, as it was passed")

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
};

static const struct eun_option options[] = {
	{.key = "args",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "seccomp.learn: values of arguments too, of clone, ioctl, personality, prctl, socket and unshare",
	 .var = "seccomp_args"},
};

/* Calls must be seen to begin before they are seen to end: first come, first attached. */
static const struct eun_program programs[] = {
	{.name = "learn_enter", .streams = EUN_BIT(SECCOMP_LEARN)},
	{.name = "denied_enter", .streams = EUN_BIT(SECCOMP_DENIED)},
	{.name = "denied_exit", .streams = EUN_BIT(SECCOMP_DENIED)},
	{.name = "denied_signal", .streams = EUN_BIT(SECCOMP_DENIED)},
	{.name = "denied_thread", .streams = EUN_BIT(SECCOMP_DENIED)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "seccomp",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "system calls: which ones a filter must allow, and which one denied",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
};
