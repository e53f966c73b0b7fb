/* SPDX-License-Identifier: MIT */
/* The life of processes: fork, exec, exit. */
#include <eunomia/plugin.h>

#include "process.h"

EUN_OBJECT(EUN_OBJECT_FILE);

static const struct eun_label sources[] = {
	{PROCESS_FROM_KERNEL, "kernel"},
	{PROCESS_FROM_USER, "user"},
	{0, NULL},
};

/* Those that end a process by default or can be used to; real-time signals keep their numbers. */
static const struct eun_label signals[] = {
	{0, "none"},     {1, "SIGHUP"},   {2, "SIGINT"},     {3, "SIGQUIT"},  {4, "SIGILL"},     {5, "SIGTRAP"},
	{6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},     {9, "SIGKILL"},  {10, "SIGUSR1"},   {11, "SIGSEGV"},
	{12, "SIGUSR2"}, {13, "SIGPIPE"}, {14, "SIGALRM"},   {15, "SIGTERM"}, {16, "SIGSTKFLT"}, {17, "SIGCHLD"},
	{18, "SIGCONT"}, {19, "SIGSTOP"}, {20, "SIGTSTP"},   {21, "SIGTTIN"}, {22, "SIGTTOU"},   {23, "SIGURG"},
	{24, "SIGXCPU"}, {25, "SIGXFSZ"}, {26, "SIGVTALRM"}, {27, "SIGPROF"}, {28, "SIGWINCH"},  {29, "SIGIO"},
	{30, "SIGPWR"},  {31, "SIGSYS"},  {0, NULL},
};

#define EXEC(member, type, flags, help) EUN_FIELD(struct process_exec, member, type, flags, help)

static const struct eun_field exec_fields[] = {
	EXEC(exe, EUN_PATH, 0, "the file that runs now (of a script: its interpreter); failed: the path given, joined"),
	EXEC(fs_path, EUN_PATH, 0, "exe inside its file system, wherever that is mounted"),
	EXEC(filename, EUN_STRING, 0, "the name as the call gave it"),
	EXEC(interp, EUN_STRING, 0, "of a script: the interpreter's name"),
	EXEC(argv, EUN_STRINGS, EUN_FIELD_USER, "the arguments, at most 4095 bytes; failed: at most 20"),
	EXEC(argc, EUN_U32, 0, "how many arguments there are; failed: how many are in argv"),
	EXEC(cwd, EUN_PATH, 0, "the working directory"),
	EXEC(dev, EUN_U32, 0, "device of exe's file system (st_dev)"),
	EXEC(inode, EUN_U64, 0, "inode number of exe"),
	EXEC(mode, EUN_U16, EUN_FIELD_OCTAL, "type and permissions of exe (st_mode)"),
	EXEC(nlink, EUN_U32, 0, "names that exe has; 0: deleted, or never had one (memfd)"),
	EXEC(fs_magic, EUN_U32, EUN_FIELD_HEX, "type of exe's file system (statfs f_type)"),
	EXEC(upper_layer, EUN_BOOL, 0, "exe is in an overlay's upper layer: written after the image was made"),
	EXEC(secureexec, EUN_BOOL, 0, "the file raised privileges: set-uid, set-gid or file capabilities"),
	EXEC(tty, EUN_CHARS, 0, "controlling terminal; empty: none"),
	EXEC(euid, EUN_U32, 0, "effective user id"),
	EXEC(cap_effective, EUN_CAPS, 0, "effective capabilities"),
	EXEC(old_tid, EUN_U32, 0, "thread that made the call; it has the process's id now"),
	EXEC(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
	EUN_LABELLED(struct process_exec, path_source, EUN_ENUM, 0, sources, "who says what exe and filename are"),
};

#define EXIT(member, type, flags, help) EUN_FIELD(struct process_exit, member, type, flags, help)

static const struct eun_field exit_fields[] = {
	EXIT(exit_code, EUN_U8, EUN_FIELD_ERROR, "what it passed to exit()"),
	EUN_LABELLED(struct process_exit, signal, EUN_ENUM, EUN_FIELD_ERROR, signals, "signal that ended it"),
	EXIT(core, EUN_BOOL, 0, "a core was dumped"),
	EXIT(thread, EUN_BOOL, 0, "a thread ended, its process goes on"),
	EXIT(duration_ns, EUN_U64, 0, "time it lived"),
	EXIT(user_ns, EUN_U64, 0, "CPU time in user space, as the kernel accounts it (by ticks, mostly)"),
	EXIT(system_ns, EUN_U64, 0, "CPU time in the kernel, likewise"),
};

#define FORK(member, type, flags, help) EUN_FIELD(struct process_fork, member, type, flags, help)

static const struct eun_field fork_fields[] = {
	FORK(child_pid, EUN_U32, 0, "process id of the child"),
	FORK(child_tid, EUN_U32, 0, "thread id of the child"),
	FORK(child_nspid, EUN_U32, 0, "thread id of the child in its own pid namespace"),
	FORK(child_pidns, EUN_U32, 0, "inode number of the child's pid namespace"),
	FORK(thread, EUN_BOOL, 0, "a thread of the same process"),
};

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
};

static const struct eun_option options[] = {
	{.key = "threads",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "process.fork and process.exit of threads too",
	 .var = "threads"},
};

static const struct eun_program programs[] = {
	{.name = "process_exec", .streams = EUN_BIT(PROCESS_EXEC)},
	{.name = "process_failed",
	 .at = "syscalls/sys_exit_execve",
	 .streams = EUN_BIT(PROCESS_EXEC),
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "process_failed",
	 .at = "syscalls/sys_exit_execveat",
	 .streams = EUN_BIT(PROCESS_EXEC),
	 .flags = EUN_PROGRAM_OPTIONAL},
	{.name = "process_exit", .streams = EUN_BIT(PROCESS_EXIT)},
	{.name = "process_fork", .streams = EUN_BIT(PROCESS_FORK)},
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

static const struct eun_tool_option execsnoop_options[] = {
	{.name = "line",
	 .letter = 'l',
	 .value = "TEXT",
	 .help = "only where an argument contains TEXT",
	 .where = "argv contains \"$\""},
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
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "process",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "the life of processes: fork, exec, exit",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.tools = EUN_TABLE(tools),
};
