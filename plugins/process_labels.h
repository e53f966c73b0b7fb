/* SPDX-License-Identifier: MIT */
/* The names of what the plugin process shows: the kernel's. Part of process.c. */
#ifndef EUNOMIA_PROCESS_LABELS_H
#define EUNOMIA_PROCESS_LABELS_H

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

static const struct eun_label calls[] = {
	{PROCESS_CALL_execve, "execve"},
	{PROCESS_CALL_setuid, "setuid"},
	{PROCESS_CALL_setgid, "setgid"},
	{PROCESS_CALL_setreuid, "setreuid"},
	{PROCESS_CALL_setregid, "setregid"},
	{PROCESS_CALL_setresuid, "setresuid"},
	{PROCESS_CALL_setresgid, "setresgid"},
	{PROCESS_CALL_setfsuid, "setfsuid"},
	{PROCESS_CALL_setfsgid, "setfsgid"},
	{PROCESS_CALL_setgroups, "setgroups"},
	{PROCESS_CALL_capset, "capset"},
	{PROCESS_CALL_prctl, "prctl"},
	{PROCESS_CALL_seccomp, "seccomp"},
	{PROCESS_CALL_unshare, "unshare"},
	{PROCESS_CALL_setns, "setns"},
	{PROCESS_CALL_clone, "clone"},
	{PROCESS_CALL_clone3, "clone3"},
	{PROCESS_CALL_init_module, "init_module"},
	{PROCESS_CALL_finit_module, "finit_module"},
	{PROCESS_CALL_delete_module, "delete_module"},
	{PROCESS_CALL_dup, "dup"},
	{PROCESS_CALL_dup2, "dup2"},
	{PROCESS_CALL_dup3, "dup3"},
	{PROCESS_CALL_fcntl, "fcntl"},
	{0, NULL},
};

/* include/uapi/linux/sched.h */
static const struct eun_label clone_flags[] = {
	{0x80, "CLONE_NEWTIME"},
	{0x100, "CLONE_VM"},
	{0x200, "CLONE_FS"},
	{0x400, "CLONE_FILES"},
	{0x800, "CLONE_SIGHAND"},
	{0x1000, "CLONE_PIDFD"},
	{0x2000, "CLONE_PTRACE"},
	{0x4000, "CLONE_VFORK"},
	{0x8000, "CLONE_PARENT"},
	{0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"},
	{0x40000, "CLONE_SYSVSEM"},
	{0x80000, "CLONE_SETTLS"},
	{0x100000, "CLONE_PARENT_SETTID"},
	{0x200000, "CLONE_CHILD_CLEARTID"},
	{0x800000, "CLONE_UNTRACED"},
	{0x1000000, "CLONE_CHILD_SETTID"},
	{0x2000000, "CLONE_NEWCGROUP"},
	{0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"},
	{0x10000000, "CLONE_NEWUSER"},
	{0x20000000, "CLONE_NEWPID"},
	{0x40000000, "CLONE_NEWNET"},
	{0x80000000, "CLONE_IO"},
	{0, NULL},
};

/* include/uapi/linux/securebits.h */
static const struct eun_label securebits[] = {
	{1 << 0, "SECBIT_NOROOT"},
	{1 << 1, "SECBIT_NOROOT_LOCKED"},
	{1 << 2, "SECBIT_NO_SETUID_FIXUP"},
	{1 << 3, "SECBIT_NO_SETUID_FIXUP_LOCKED"},
	{1 << 4, "SECBIT_KEEP_CAPS"},
	{1 << 5, "SECBIT_KEEP_CAPS_LOCKED"},
	{1 << 6, "SECBIT_NO_CAP_AMBIENT_RAISE"},
	{1 << 7, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"},
	{0, NULL},
};

/* include/uapi/linux/ptrace.h, and x86's */
static const struct eun_label ptrace_requests[] = {
	{0, "PTRACE_TRACEME"},
	{1, "PTRACE_PEEKTEXT"},
	{2, "PTRACE_PEEKDATA"},
	{3, "PTRACE_PEEKUSR"},
	{4, "PTRACE_POKETEXT"},
	{5, "PTRACE_POKEDATA"},
	{6, "PTRACE_POKEUSR"},
	{7, "PTRACE_CONT"},
	{8, "PTRACE_KILL"},
	{9, "PTRACE_SINGLESTEP"},
	{12, "PTRACE_GETREGS"},
	{13, "PTRACE_SETREGS"},
	{14, "PTRACE_GETFPREGS"},
	{15, "PTRACE_SETFPREGS"},
	{16, "PTRACE_ATTACH"},
	{17, "PTRACE_DETACH"},
	{18, "PTRACE_GETFPXREGS"},
	{19, "PTRACE_SETFPXREGS"},
	{21, "PTRACE_OLDSETOPTIONS"},
	{24, "PTRACE_SYSCALL"},
	{25, "PTRACE_GET_THREAD_AREA"},
	{26, "PTRACE_SET_THREAD_AREA"},
	{30, "PTRACE_ARCH_PRCTL"},
	{31, "PTRACE_SYSEMU"},
	{32, "PTRACE_SYSEMU_SINGLESTEP"},
	{33, "PTRACE_SINGLEBLOCK"},
	{0x4200, "PTRACE_SETOPTIONS"},
	{0x4201, "PTRACE_GETEVENTMSG"},
	{0x4202, "PTRACE_GETSIGINFO"},
	{0x4203, "PTRACE_SETSIGINFO"},
	{0x4204, "PTRACE_GETREGSET"},
	{0x4205, "PTRACE_SETREGSET"},
	{0x4206, "PTRACE_SEIZE"},
	{0x4207, "PTRACE_INTERRUPT"},
	{0x4208, "PTRACE_LISTEN"},
	{0x4209, "PTRACE_PEEKSIGINFO"},
	{0x420a, "PTRACE_GETSIGMASK"},
	{0x420b, "PTRACE_SETSIGMASK"},
	{0x420c, "PTRACE_SECCOMP_GET_FILTER"},
	{0x420d, "PTRACE_SECCOMP_GET_METADATA"},
	{0x420e, "PTRACE_GET_SYSCALL_INFO"},
	{0x420f, "PTRACE_GET_RSEQ_CONFIGURATION"},
	{0x4210, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"},
	{0x4211, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"},
	{0x4212, "PTRACE_SET_SYSCALL_INFO"},
	{0, NULL},
};

/* finit_module's and delete_module's, which have no bit in common */
static const struct eun_label module_flags[] = {
	{1, "MODULE_INIT_IGNORE_MODVERSIONS"},
	{2, "MODULE_INIT_IGNORE_VERMAGIC"},
	{4, "MODULE_INIT_COMPRESSED_FILE"},
	{0x200, "O_TRUNC"},
	{0x800, "O_NONBLOCK"},
	{0, NULL},
};

/* include/linux/panic.h */
static const struct eun_label taints[] = {
	{1 << 0, "TAINT_PROPRIETARY_MODULE"},
	{1 << 1, "TAINT_FORCED_MODULE"},
	{1 << 2, "TAINT_CPU_OUT_OF_SPEC"},
	{1 << 3, "TAINT_FORCED_RMMOD"},
	{1 << 4, "TAINT_MACHINE_CHECK"},
	{1 << 5, "TAINT_BAD_PAGE"},
	{1 << 6, "TAINT_USER"},
	{1 << 7, "TAINT_DIE"},
	{1 << 8, "TAINT_OVERRIDDEN_ACPI_TABLE"},
	{1 << 9, "TAINT_WARN"},
	{1 << 10, "TAINT_CRAP"},
	{1 << 11, "TAINT_FIRMWARE_WORKAROUND"},
	{1 << 12, "TAINT_OOT_MODULE"},
	{1 << 13, "TAINT_UNSIGNED_MODULE"},
	{1 << 14, "TAINT_SOFTLOCKUP"},
	{1 << 15, "TAINT_LIVEPATCH"},
	{1 << 16, "TAINT_AUX"},
	{1 << 17, "TAINT_RANDSTRUCT"},
	{1 << 18, "TAINT_TEST"},
	{0, NULL},
};

static const struct eun_label capabilities[] = {
	{0, "CAP_CHOWN"},
	{1, "CAP_DAC_OVERRIDE"},
	{2, "CAP_DAC_READ_SEARCH"},
	{3, "CAP_FOWNER"},
	{4, "CAP_FSETID"},
	{5, "CAP_KILL"},
	{6, "CAP_SETGID"},
	{7, "CAP_SETUID"},
	{8, "CAP_SETPCAP"},
	{9, "CAP_LINUX_IMMUTABLE"},
	{10, "CAP_NET_BIND_SERVICE"},
	{11, "CAP_NET_BROADCAST"},
	{12, "CAP_NET_ADMIN"},
	{13, "CAP_NET_RAW"},
	{14, "CAP_IPC_LOCK"},
	{15, "CAP_IPC_OWNER"},
	{16, "CAP_SYS_MODULE"},
	{17, "CAP_SYS_RAWIO"},
	{18, "CAP_SYS_CHROOT"},
	{19, "CAP_SYS_PTRACE"},
	{20, "CAP_SYS_PACCT"},
	{21, "CAP_SYS_ADMIN"},
	{22, "CAP_SYS_BOOT"},
	{23, "CAP_SYS_NICE"},
	{24, "CAP_SYS_RESOURCE"},
	{25, "CAP_SYS_TIME"},
	{26, "CAP_SYS_TTY_CONFIG"},
	{27, "CAP_MKNOD"},
	{28, "CAP_LEASE"},
	{29, "CAP_AUDIT_WRITE"},
	{30, "CAP_AUDIT_CONTROL"},
	{31, "CAP_SETFCAP"},
	{32, "CAP_MAC_OVERRIDE"},
	{33, "CAP_MAC_ADMIN"},
	{34, "CAP_SYSLOG"},
	{35, "CAP_WAKE_ALARM"},
	{36, "CAP_BLOCK_SUSPEND"},
	{37, "CAP_AUDIT_READ"},
	{38, "CAP_PERFMON"},
	{39, "CAP_BPF"},
	{40, "CAP_CHECKPOINT_RESTORE"},
	{0, NULL},
};

static const struct eun_label prctl_options[] = {
	{1, "PR_SET_PDEATHSIG"},
	{2, "PR_GET_PDEATHSIG"},
	{3, "PR_GET_DUMPABLE"},
	{4, "PR_SET_DUMPABLE"},
	{5, "PR_GET_UNALIGN"},
	{6, "PR_SET_UNALIGN"},
	{7, "PR_GET_KEEPCAPS"},
	{8, "PR_SET_KEEPCAPS"},
	{9, "PR_GET_FPEMU"},
	{10, "PR_SET_FPEMU"},
	{11, "PR_GET_FPEXC"},
	{12, "PR_SET_FPEXC"},
	{13, "PR_GET_TIMING"},
	{14, "PR_SET_TIMING"},
	{15, "PR_SET_NAME"},
	{16, "PR_GET_NAME"},
	{19, "PR_GET_ENDIAN"},
	{20, "PR_SET_ENDIAN"},
	{21, "PR_GET_SECCOMP"},
	{22, "PR_SET_SECCOMP"},
	{23, "PR_CAPBSET_READ"},
	{24, "PR_CAPBSET_DROP"},
	{25, "PR_GET_TSC"},
	{26, "PR_SET_TSC"},
	{27, "PR_GET_SECUREBITS"},
	{28, "PR_SET_SECUREBITS"},
	{29, "PR_SET_TIMERSLACK"},
	{30, "PR_GET_TIMERSLACK"},
	{31, "PR_TASK_PERF_EVENTS_DISABLE"},
	{32, "PR_TASK_PERF_EVENTS_ENABLE"},
	{33, "PR_MCE_KILL"},
	{34, "PR_MCE_KILL_GET"},
	{35, "PR_SET_MM"},
	{36, "PR_SET_CHILD_SUBREAPER"},
	{37, "PR_GET_CHILD_SUBREAPER"},
	{38, "PR_SET_NO_NEW_PRIVS"},
	{39, "PR_GET_NO_NEW_PRIVS"},
	{40, "PR_GET_TID_ADDRESS"},
	{41, "PR_SET_THP_DISABLE"},
	{42, "PR_GET_THP_DISABLE"},
	{43, "PR_MPX_ENABLE_MANAGEMENT"},
	{44, "PR_MPX_DISABLE_MANAGEMENT"},
	{45, "PR_SET_FP_MODE"},
	{46, "PR_GET_FP_MODE"},
	{47, "PR_CAP_AMBIENT"},
	{50, "PR_SVE_SET_VL"},
	{51, "PR_SVE_GET_VL"},
	{52, "PR_GET_SPECULATION_CTRL"},
	{53, "PR_SET_SPECULATION_CTRL"},
	{54, "PR_PAC_RESET_KEYS"},
	{55, "PR_SET_TAGGED_ADDR_CTRL"},
	{56, "PR_GET_TAGGED_ADDR_CTRL"},
	{57, "PR_SET_IO_FLUSHER"},
	{58, "PR_GET_IO_FLUSHER"},
	{59, "PR_SET_SYSCALL_USER_DISPATCH"},
	{60, "PR_PAC_SET_ENABLED_KEYS"},
	{61, "PR_PAC_GET_ENABLED_KEYS"},
	{62, "PR_SCHED_CORE"},
	{63, "PR_SME_SET_VL"},
	{64, "PR_SME_GET_VL"},
	{65, "PR_SET_MDWE"},
	{66, "PR_GET_MDWE"},
	{67, "PR_SET_MEMORY_MERGE"},
	{68, "PR_GET_MEMORY_MERGE"},
	{74, "PR_GET_SHADOW_STACK_STATUS"},
	{75, "PR_SET_SHADOW_STACK_STATUS"},
	{76, "PR_LOCK_SHADOW_STACK_STATUS"},
	{77, "PR_TIMER_CREATE_RESTORE_IDS"},
	{78, "PR_FUTEX_HASH"},
	{1398164801, "PR_SET_VMA"},
	{1499557217, "PR_SET_PTRACER"},
	{0, NULL},
};

static const struct eun_label keyctl_operations[] = {
	{0, "KEYCTL_GET_KEYRING_ID"},
	{1, "KEYCTL_JOIN_SESSION_KEYRING"},
	{2, "KEYCTL_UPDATE"},
	{3, "KEYCTL_REVOKE"},
	{4, "KEYCTL_CHOWN"},
	{5, "KEYCTL_SETPERM"},
	{6, "KEYCTL_DESCRIBE"},
	{7, "KEYCTL_CLEAR"},
	{8, "KEYCTL_LINK"},
	{9, "KEYCTL_UNLINK"},
	{10, "KEYCTL_SEARCH"},
	{11, "KEYCTL_READ"},
	{12, "KEYCTL_INSTANTIATE"},
	{13, "KEYCTL_NEGATE"},
	{14, "KEYCTL_SET_REQKEY_KEYRING"},
	{15, "KEYCTL_SET_TIMEOUT"},
	{16, "KEYCTL_ASSUME_AUTHORITY"},
	{17, "KEYCTL_GET_SECURITY"},
	{18, "KEYCTL_SESSION_TO_PARENT"},
	{19, "KEYCTL_REJECT"},
	{20, "KEYCTL_INSTANTIATE_IOV"},
	{21, "KEYCTL_INVALIDATE"},
	{22, "KEYCTL_GET_PERSISTENT"},
	{23, "KEYCTL_DH_COMPUTE"},
	{24, "KEYCTL_PKEY_QUERY"},
	{25, "KEYCTL_PKEY_ENCRYPT"},
	{26, "KEYCTL_PKEY_DECRYPT"},
	{27, "KEYCTL_PKEY_SIGN"},
	{28, "KEYCTL_PKEY_VERIFY"},
	{29, "KEYCTL_RESTRICT_KEYRING"},
	{30, "KEYCTL_MOVE"},
	{31, "KEYCTL_CAPABILITIES"},
	{32, "KEYCTL_WATCH_KEY"},
	{0, NULL},
};

static const struct eun_label audits[] = {
	{PROCESS_AUDIT_UNKNOWN, "unknown"},
	{PROCESS_AUDIT_YES, "yes"},
	{PROCESS_AUDIT_NO, "no"},
	{0, NULL},
};

static const struct eun_label verdicts[] = {
	{0, "allow"},
	{1, "deny"},
	{0, NULL},
};

/* The upper four bits of st_mode. */
static const struct eun_label file_types[] = {
	{0, "other"},   {1, "fifo"},     {2, "char"},    {4, "directory"}, {6, "block"},
	{8, "regular"}, {10, "symlink"}, {12, "socket"}, {0, NULL},
};

static const struct eun_label families[] = {
	{0, "AF_UNSPEC"},   {1, "AF_UNIX"},    {2, "AF_INET"},   {10, "AF_INET6"},
	{16, "AF_NETLINK"}, {17, "AF_PACKET"}, {40, "AF_VSOCK"}, {0, NULL},
};

static const struct eun_label socket_types[] = {
	{0, "none"},     {1, "SOCK_STREAM"},    {2, "SOCK_DGRAM"},   {3, "SOCK_RAW"},
	{4, "SOCK_RDM"}, {5, "SOCK_SEQPACKET"}, {10, "SOCK_PACKET"}, {0, NULL},
};

static const struct eun_label seccomp_operations[] = {
	{0, "SECCOMP_SET_MODE_STRICT"},
	{1, "SECCOMP_SET_MODE_FILTER"},
	{2, "SECCOMP_GET_ACTION_AVAIL"},
	{3, "SECCOMP_GET_NOTIF_SIZES"},
	{0, NULL},
};

static const struct eun_label seccomp_flags[] = {
	{1 << 0, "SECCOMP_FILTER_FLAG_TSYNC"},
	{1 << 1, "SECCOMP_FILTER_FLAG_LOG"},
	{1 << 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{1 << 3, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
	{1 << 4, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{1 << 5, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
	{0, NULL},
};

static const struct eun_label seccomp_modes[] = {
	{0, "SECCOMP_MODE_DISABLED"},
	{1, "SECCOMP_MODE_STRICT"},
	{2, "SECCOMP_MODE_FILTER"},
	{0, NULL},
};

/* include/uapi/linux/personality.h; the low byte is a number */
static const struct eun_label personas[] = {
	{0x0020000, "UNAME26"},          {0x0040000, "ADDR_NO_RANDOMIZE"},  {0x0080000, "FDPIC_FUNCPTRS"},
	{0x0100000, "MMAP_PAGE_ZERO"},   {0x0200000, "ADDR_COMPAT_LAYOUT"}, {0x0400000, "READ_IMPLIES_EXEC"},
	{0x0800000, "ADDR_LIMIT_32BIT"}, {0x1000000, "SHORT_INODE"},        {0x2000000, "WHOLE_SECONDS"},
	{0x4000000, "STICKY_TIMEOUTS"},  {0x8000000, "ADDR_LIMIT_3GB"},     {0, NULL},
};

/* Others are those of devices. */
static const struct eun_label perf_types[] = {
	{0, "PERF_TYPE_HARDWARE"},
	{1, "PERF_TYPE_SOFTWARE"},
	{2, "PERF_TYPE_TRACEPOINT"},
	{3, "PERF_TYPE_HW_CACHE"},
	{4, "PERF_TYPE_RAW"},
	{5, "PERF_TYPE_BREAKPOINT"},
	{0, NULL},
};

static const struct eun_label perf_flags[] = {
	{1 << 0, "PERF_FLAG_FD_NO_GROUP"},
	{1 << 1, "PERF_FLAG_FD_OUTPUT"},
	{1 << 2, "PERF_FLAG_PID_CGROUP"},
	{1 << 3, "PERF_FLAG_FD_CLOEXEC"},
	{0, NULL},
};

/* include/uapi/linux/io_uring.h */
static const struct eun_label ring_flags[] = {
	{1 << 0, "IORING_SETUP_IOPOLL"},         {1 << 1, "IORING_SETUP_SQPOLL"},
	{1 << 2, "IORING_SETUP_SQ_AFF"},         {1 << 3, "IORING_SETUP_CQSIZE"},
	{1 << 4, "IORING_SETUP_CLAMP"},          {1 << 5, "IORING_SETUP_ATTACH_WQ"},
	{1 << 6, "IORING_SETUP_R_DISABLED"},     {1 << 7, "IORING_SETUP_SUBMIT_ALL"},
	{1 << 8, "IORING_SETUP_COOP_TASKRUN"},   {1 << 9, "IORING_SETUP_TASKRUN_FLAG"},
	{1 << 10, "IORING_SETUP_SQE128"},        {1 << 11, "IORING_SETUP_CQE32"},
	{1 << 12, "IORING_SETUP_SINGLE_ISSUER"}, {1 << 13, "IORING_SETUP_DEFER_TASKRUN"},
	{1 << 14, "IORING_SETUP_NO_MMAP"},       {1 << 15, "IORING_SETUP_REGISTERED_FD_ONLY"},
	{1 << 16, "IORING_SETUP_NO_SQARRAY"},    {1 << 17, "IORING_SETUP_HYBRID_IOPOLL"},
	{1 << 18, "IORING_SETUP_CQE_MIXED"},     {0, NULL},
};

static const struct eun_label userfaultfd_flags[] = {
	{1 << 0, "UFFD_USER_MODE_ONLY"},
	{04000, "O_NONBLOCK"},
	{02000000, "O_CLOEXEC"},
	{0, NULL},
};

#endif
