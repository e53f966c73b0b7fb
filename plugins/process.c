/* SPDX-License-Identifier: MIT */
/* The life of processes: fork, exec, exit; and what they do that concerns their rights. */
#include <eunomia/plugin.h>

#include "process.h"
#include "process_bpf_labels.h"
#include "process_labels.h"
#include "process_fields.h"
#include "process_metrics.h"

EUN_OBJECT(EUN_OBJECT_FILE);

static const struct eun_stream streams[] = {
	[PROCESS_EXEC] = {.name = "process.exec",
			  .version = 1,
			  .record_size = sizeof(struct process_exec),
			  .flags = EUN_STREAM_DEFAULT | EUN_STREAM_CRITICAL,
			  .fields = EUN_TABLE(exec_fields),
			  .columns = "exe,argv,ret",
			  .role = "process.exec",
			  .help = "a process runs another program, or fails to"},
	[PROCESS_EXIT] = {.name = "process.exit",
			  .version = 1,
			  .record_size = sizeof(struct process_exit),
			  .flags = EUN_STREAM_DEFAULT,
			  .fields = EUN_TABLE(exit_fields),
			  .columns = "exit_code,signal,duration_ns",
			  .role = "process.exit",
			  .help = "a process ends: its last thread does"},
	[PROCESS_FORK] = {.name = "process.fork",
			  .version = 1,
			  .record_size = sizeof(struct process_fork),
			  .flags = EUN_STREAM_DEFAULT,
			  .fields = EUN_TABLE(fork_fields),
			  .columns = "child_pid",
			  .role = "process.fork",
			  .help = "a process makes another one"},
	[PROCESS_CRED] = {.name = "process.cred",
			  .version = 1,
			  .record_size = sizeof(struct process_cred),
			  .flags = EUN_STREAM_DEFAULT,
			  .fields = EUN_TABLE(cred_fields),
			  .columns = "call,old_uid,new_uid,old_euid,new_euid,ret",
			  .help = "who a thread is changes: ids, groups, capabilities"},
	[PROCESS_NAMESPACE] = {.name = "process.namespace",
			       .version = 1,
			       .record_size = sizeof(struct process_namespace),
			       .flags = EUN_STREAM_DEFAULT,
			       .fields = EUN_TABLE(namespace_fields),
			       .columns = "call,types,target_pid,child_pid,ret",
			       .help = "a thread or its child enters other namespaces"},
	[PROCESS_PTRACE] = {.name = "process.ptrace",
			    .version = 1,
			    .record_size = sizeof(struct process_ptrace),
			    .flags = EUN_STREAM_DEFAULT,
			    .fields = EUN_TABLE(ptrace_fields),
			    .columns = "request,target_pid,target_comm,ret",
			    .help = "a process traces another one"},
	[PROCESS_MODULE] = {.name = "process.module",
			    .version = 1,
			    .record_size = sizeof(struct process_module),
			    .flags = EUN_STREAM_DEFAULT,
			    .fields = EUN_TABLE(module_fields),
			    .columns = "call,name,path,ret",
			    .help = "a module of the kernel is loaded or unloaded"},
	[PROCESS_BPF] = {.name = "process.bpf",
			 .version = 1,
			 .record_size = sizeof(struct process_bpf),
			 .flags = EUN_STREAM_DEFAULT,
			 .fields = EUN_TABLE(bpf_fields),
			 .columns = "cmd,prog_type,map_type,name,ret",
			 .help = "a BPF object is made, loaded, attached; not what is done with elements of maps"},
	[PROCESS_OOM] = {.name = "process.oom",
			 .version = 1,
			 .record_size = sizeof(struct process_oom),
			 .flags = EUN_STREAM_DEFAULT,
			 .fields = EUN_TABLE(oom_fields),
			 .columns = "victim_pid,victim_comm,pages",
			 .help = "memory has run out and a process is killed for it"},
	[PROCESS_CAPABLE] = {.name = "process.capable",
			     .version = 1,
			     .record_size = sizeof(struct process_capable),
			     .fields = EUN_TABLE(capable_fields),
			     .columns = "name,verdict",
			     .help = "the kernel asks whether a process has a capability"},
	[PROCESS_DUP] = {.name = "process.dup",
			 .version = 1,
			 .record_size = sizeof(struct process_dup),
			 .fields = EUN_TABLE(dup_fields),
			 .columns = "call,new_fd,type,daddr,dport,path",
			 .help = "a descriptor is put on standard input, output or error, or a program begins with a "
				 "socket there"},
	[PROCESS_PRCTL] = {.name = "process.prctl",
			   .version = 1,
			   .record_size = sizeof(struct process_prctl),
			   .fields = EUN_TABLE(prctl_fields),
			   .columns = "option,arg2,name,ret",
			   .help = "prctl is called"},
	[PROCESS_SECCOMP] = {.name = "process.seccomp",
			     .version = 1,
			     .record_size = sizeof(struct process_seccomp),
			     .fields = EUN_TABLE(seccomp_fields),
			     .columns = "call,op,flags,filters,ret",
			     .help = "system calls are filtered from now on"},
	[PROCESS_CHROOT] = {.name = "process.chroot",
			    .version = 1,
			    .record_size = sizeof(struct process_chroot),
			    .fields = EUN_TABLE(chroot_fields),
			    .columns = "path,ret",
			    .help = "a process gets another root"},
	[PROCESS_KEYCTL] = {.name = "process.keyctl",
			    .version = 1,
			    .record_size = sizeof(struct process_keyctl),
			    .fields = EUN_TABLE(keyctl_fields),
			    .columns = "operation,arg2,ret",
			    .help = "keyctl is called"},
	[PROCESS_PERSONALITY] = {.name = "process.personality",
				 .version = 1,
				 .record_size = sizeof(struct process_personality),
				 .fields = EUN_TABLE(personality_fields),
				 .columns = "persona,ret",
				 .help = "personality is called"},
	[PROCESS_PERF_EVENT] = {.name = "process.perf_event",
				.version = 1,
				.record_size = sizeof(struct process_perf_event),
				.fields = EUN_TABLE(perf_event_fields),
				.columns = "type,config,target_nspid,ret",
				.help = "perf_event_open is called"},
	[PROCESS_IO_URING] = {.name = "process.io_uring",
			      .version = 1,
			      .record_size = sizeof(struct process_io_uring),
			      .fields = EUN_TABLE(io_uring_fields),
			      .columns = "entries,flags,ret",
			      .help = "a ring for requests to the kernel is made"},
	[PROCESS_USERFAULTFD] = {.name = "process.userfaultfd",
				 .version = 1,
				 .record_size = sizeof(struct process_userfaultfd),
				 .fields = EUN_TABLE(userfaultfd_fields),
				 .columns = "flags,ret",
				 .help = "a process is going to handle page faults itself"},
};

static const struct eun_option options[] = {
	{.key = "threads",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "process.fork and process.exit of threads too",
	 .var = "threads"},
	{.key = "max_args",
	 .type = EUN_OPTION_UINT,
	 .def = "0",
	 .max = 128,
	 .help = "process.exec has so many arguments; 0: all that fit",
	 .var = "max_args"},
	{.key = "env",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "process.exec has the variables that the dynamic loader obeys, of the first 512",
	 .var = "env"},
	{.key = "unique",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "process.capable has a process and capability once",
	 .var = "unique"},
};

#define CHANGES (EUN_BIT(PROCESS_CRED) | EUN_BIT(PROCESS_NAMESPACE))

/* A row for a system call; there are kernels without most of them. */
#define ENTER(program, call, bits)                                                                                \
	{                                                                                                         \
		.name = program, .at = "syscalls/sys_enter_" call, .streams = bits, .flags = EUN_PROGRAM_OPTIONAL \
	}
#define LEAVE(program, call, bits)                                                                               \
	{                                                                                                        \
		.name = program, .at = "syscalls/sys_exit_" call, .streams = bits, .flags = EUN_PROGRAM_OPTIONAL \
	}
/* A call of which both are wanted. */
#define CHANGE(call, bits) ENTER("process_before", call, bits), LEAVE("process_after", call, bits)

/* All that the end of a call may tell of. */
#define CALLS                                                                                                         \
	(CHANGES | EUN_BIT(PROCESS_EXEC) | EUN_BIT(PROCESS_PTRACE) | EUN_BIT(PROCESS_MODULE) | EUN_BIT(PROCESS_BPF) | \
	 EUN_BIT(PROCESS_DUP) | EUN_BIT(PROCESS_PRCTL) | EUN_BIT(PROCESS_SECCOMP) | EUN_BIT(PROCESS_CHROOT) |         \
	 EUN_BIT(PROCESS_KEYCTL) | EUN_BIT(PROCESS_PERSONALITY) | EUN_BIT(PROCESS_PERF_EVENT) |                       \
	 EUN_BIT(PROCESS_IO_URING) | EUN_BIT(PROCESS_USERFAULTFD))

static const struct eun_program programs[] = {
	{.name = "process_exec", .streams = EUN_BIT(PROCESS_EXEC)},
	LEAVE("process_failed", "execve", EUN_BIT(PROCESS_EXEC)),
	LEAVE("process_failed", "execveat", EUN_BIT(PROCESS_EXEC)),
	{.name = "process_exit", .streams = EUN_BIT(PROCESS_EXIT)},
	{.name = "process_fork", .streams = EUN_BIT(PROCESS_FORK)},
	ENTER("process_before", "execve", EUN_BIT(PROCESS_CRED)),
	ENTER("process_before", "execveat", EUN_BIT(PROCESS_CRED)),
	{.name = "process_cred_exec", .streams = EUN_BIT(PROCESS_CRED)},
	CHANGE("setuid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setgid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setreuid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setregid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setresuid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setresgid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setfsuid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setfsgid", EUN_BIT(PROCESS_CRED)),
	CHANGE("setgroups", EUN_BIT(PROCESS_CRED)),
	CHANGE("capset", EUN_BIT(PROCESS_CRED)),
	CHANGE("prctl", EUN_BIT(PROCESS_CRED)),
	CHANGE("unshare", CHANGES),
	CHANGE("setns", CHANGES),
	{.name = "process_namespace_fork", .streams = EUN_BIT(PROCESS_NAMESPACE)},
	LEAVE("process_after", "clone", EUN_BIT(PROCESS_NAMESPACE)),
	LEAVE("process_after", "clone3", EUN_BIT(PROCESS_NAMESPACE)),
	LEAVE("process_after", "ptrace", EUN_BIT(PROCESS_PTRACE)),
	{.name = "process_module_load",
	 .at = "module/module_load",
	 .streams = EUN_BIT(PROCESS_MODULE),
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "process_module_free",
	 .at = "module/module_free",
	 .streams = EUN_BIT(PROCESS_MODULE),
	 .flags = EUN_PROGRAM_OPTIONAL},
	LEAVE("process_module", "init_module", EUN_BIT(PROCESS_MODULE)),
	LEAVE("process_module", "finit_module", EUN_BIT(PROCESS_MODULE)),
	LEAVE("process_module", "delete_module", EUN_BIT(PROCESS_MODULE)),
	LEAVE("process_after", "bpf", EUN_BIT(PROCESS_BPF)),
	{.name = "process_oom",
	 .at = "oom/mark_victim",
	 .streams = EUN_BIT(PROCESS_OOM),
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "process_capable_audit",
	 .streams = EUN_BIT(PROCESS_CAPABLE),
	 .group = 1,
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "process_capable",
	 .streams = EUN_BIT(PROCESS_CAPABLE),
	 .group = 1,
	 .choice = 1,
	 .flags = EUN_PROGRAM_OPTIONAL},
	LEAVE("process_dup", "dup", EUN_BIT(PROCESS_DUP)),
	LEAVE("process_dup", "dup2", EUN_BIT(PROCESS_DUP)),
	LEAVE("process_dup", "dup3", EUN_BIT(PROCESS_DUP)),
	LEAVE("process_dup", "fcntl", EUN_BIT(PROCESS_DUP)),
	{.name = "process_dup_exec", .streams = EUN_BIT(PROCESS_DUP)},
	LEAVE("process_prctl", "prctl", EUN_BIT(PROCESS_PRCTL)),
	LEAVE("process_seccomp", "seccomp", EUN_BIT(PROCESS_SECCOMP)),
	LEAVE("process_seccomp", "prctl", EUN_BIT(PROCESS_SECCOMP)),
	LEAVE("process_chroot", "chroot", EUN_BIT(PROCESS_CHROOT)),
	LEAVE("process_keyctl", "keyctl", EUN_BIT(PROCESS_KEYCTL)),
	LEAVE("process_personality", "personality", EUN_BIT(PROCESS_PERSONALITY)),
	LEAVE("process_perf_event", "perf_event_open", EUN_BIT(PROCESS_PERF_EVENT)),
	LEAVE("process_io_uring", "io_uring_setup", EUN_BIT(PROCESS_IO_URING)),
	LEAVE("process_userfaultfd", "userfaultfd", EUN_BIT(PROCESS_USERFAULTFD)),
	{.name = "ia32_enter", .streams = CHANGES, .flags = EUN_PROGRAM_IA32},
	{.name = "ia32_exit", .streams = CALLS, .flags = EUN_PROGRAM_IA32},
};

static const struct eun_column execsnoop_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "UID", .field = "uid"},
	{.header = "PCOMM", .field = "comm", .width = 16},
	{.header = "PID", .field = "pid"},
	{.header = "PPID", .field = "ppid"},
	{.header = "RET", .field = "ret"},
	{.header = "ARGS", .field = "argv"},
};

static const struct eun_column execsnoop_quoted[] = {
	{.header = "TIME", .field = "time"},
	{.header = "UID", .field = "uid"},
	{.header = "PCOMM", .field = "comm", .width = 16},
	{.header = "PID", .field = "pid"},
	{.header = "PPID", .field = "ppid"},
	{.header = "RET", .field = "ret"},
	{.header = "ARGS", .field = "argv", .flags = EUN_COLUMN_QUOTED},
};

static const struct eun_tool_option execsnoop_options[] = {
	{.name = "line",
	 .letter = 'l',
	 .value = "TEXT",
	 .help = "only where an argument contains TEXT",
	 .where = "argv contains \"$\""},
	{.name = "quote", .letter = 'q', .help = "each argument in quotes", .instead = EUN_TABLE(execsnoop_quoted)},
	{.name = "name", .value = "TEXT", .help = "only where PCOMM contains TEXT", .where = "comm contains \"$\""},
	{.name = "max-args", .value = "N", .help = "at most N arguments; 0: all that fit", .set = "max_args=$"},
	{.name = "cwd", .help = "show the working directory", .columns = "cwd"},
};

static const struct eun_column exitsnoop_columns[] = {
	{.header = "PCOMM", .field = "comm", .width = 16},
	{.header = "PID", .field = "pid"},
	{.header = "PPID", .field = "ppid"},
	{.header = "TID", .field = "tid"},
	{.header = "AGE_S", .field = "duration_ns", .decimals = 2, .divisor = 1000000000},
	{.header = "EXIT", .field = "exit_code"},
	{.header = "SIGNAL", .field = "signal"},
};

static const struct eun_tool_option exitsnoop_options[] = {
	{.name = "threaded", .help = "threads that end before their process too", .set = "threads=true"},
};

static const struct eun_column capable_columns[] = {
	{.header = "TIME", .field = "time"},   {.header = "UID", .field = "uid"},
	{.header = "PID", .field = "pid"},     {.header = "COMM", .field = "comm", .width = 16},
	{.header = "CAP", .field = "cap"},     {.header = "NAME", .field = "name", .width = 22},
	{.header = "AUDIT", .field = "audit"}, {.header = "VERDICT", .field = "verdict"},
};

static const struct eun_tool_option capable_options[] = {
	{.name = "unique", .help = "a process and capability once", .set = "unique=true"},
};

static const struct eun_column oomkill_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "KILLED_PID", .field = "victim_pid"},
	{.header = "KILLED_COMM", .field = "victim_comm", .width = 16},
	{.header = "PAGES", .field = "pages"},
};

static const struct eun_tool tools[] = {
	{.name = "execsnoop",
	 .help = "programs that are run",
	 .stream = PROCESS_EXEC,
	 .columns = EUN_TABLE(execsnoop_columns),
	 .options = EUN_TABLE(execsnoop_options),
	 .where = "ret = 0",
	 .unless = "failed"},
	{.name = "exitsnoop",
	 .help = "processes that end, their age and why",
	 .stream = PROCESS_EXIT,
	 .columns = EUN_TABLE(exitsnoop_columns),
	 .options = EUN_TABLE(exitsnoop_options)},
	{.name = "capable",
	 .help = "capabilities that the kernel asks for",
	 .stream = PROCESS_CAPABLE,
	 .columns = EUN_TABLE(capable_columns),
	 .options = EUN_TABLE(capable_options)},
	{.name = "oomkill",
	 .help = "who asks for memory that there isn't, and who is killed for it",
	 .stream = PROCESS_OOM,
	 .columns = EUN_TABLE(oomkill_columns)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "process",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "the life of processes, and what they do about their rights",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.tools = EUN_TABLE(tools),
	.metrics = EUN_TABLE(metrics),
};
