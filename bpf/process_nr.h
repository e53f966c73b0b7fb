/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* System call numbers, as asm/unistd.h has them: that header is not in the path of a compilation for BPF. */
#ifndef EUNOMIA_PROCESS_NR_H
#define EUNOMIA_PROCESS_NR_H

#if defined(__TARGET_ARCH_x86)
/* one that newer architectures do without */
#define PROCESS_LEGACY_CALLS
#define NR_dup2 33

#define NR_dup 32
#define NR_clone 56
#define NR_execve 59
#define NR_fcntl 72
#define NR_ptrace 101
#define NR_setuid 105
#define NR_setgid 106
#define NR_setreuid 113
#define NR_setregid 114
#define NR_setgroups 116
#define NR_setresuid 117
#define NR_setresgid 119
#define NR_setfsuid 122
#define NR_setfsgid 123
#define NR_capset 126
#define NR_personality 135
#define NR_prctl 157
#define NR_chroot 161
#define NR_init_module 175
#define NR_delete_module 176
#define NR_keyctl 250
#define NR_unshare 272
#define NR_dup3 292
#define NR_perf_event_open 298
#define NR_setns 308
#define NR_finit_module 313
#define NR_seccomp 317
#define NR_bpf 321
#define NR_execveat 322
#define NR_userfaultfd 323
#elif defined(__TARGET_ARCH_arm64)
#define NR_dup 23
#define NR_dup3 24
#define NR_fcntl 25
#define NR_chroot 51
#define NR_capset 91
#define NR_personality 92
#define NR_unshare 97
#define NR_init_module 105
#define NR_delete_module 106
#define NR_ptrace 117
#define NR_setregid 143
#define NR_setgid 144
#define NR_setreuid 145
#define NR_setuid 146
#define NR_setresuid 147
#define NR_setresgid 149
#define NR_setfsuid 151
#define NR_setfsgid 152
#define NR_setgroups 159
#define NR_prctl 167
#define NR_keyctl 219
#define NR_clone 220
#define NR_execve 221
#define NR_perf_event_open 241
#define NR_setns 268
#define NR_finit_module 273
#define NR_seccomp 277
#define NR_bpf 280
#define NR_execveat 281
#define NR_userfaultfd 282
#else
#error "process_nr.h: no system call numbers for this architecture"
#endif

/* the same everywhere */
#define NR_io_uring_setup 425
#define NR_clone3 435

/* Tables by number have so many rows. */
#define NR_CALLS 512

#endif
