/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* System call numbers, as asm/unistd.h has them: that header is not in the path of a compilation for BPF. */
#ifndef EUNOMIA_IPC_NR_H
#define EUNOMIA_IPC_NR_H

#if defined(__TARGET_ARCH_x86)
/* those that newer architectures do without */
#define IPC_LEGACY_CALLS
#define NR_pipe 22
#define NR_eventfd 284

#define NR_read 0
#define NR_write 1
#define NR_readv 19
#define NR_writev 20
#define NR_shmget 29
#define NR_shmat 30
#define NR_shmctl 31
#define NR_connect 42
#define NR_accept 43
#define NR_sendto 44
#define NR_recvfrom 45
#define NR_sendmsg 46
#define NR_recvmsg 47
#define NR_bind 49
#define NR_listen 50
#define NR_socketpair 53
#define NR_kill 62
#define NR_semget 64
#define NR_semop 65
#define NR_semctl 66
#define NR_shmdt 67
#define NR_msgget 68
#define NR_msgsnd 69
#define NR_msgrcv 70
#define NR_msgctl 71
#define NR_rt_sigqueueinfo 129
#define NR_tkill 200
#define NR_semtimedop 220
#define NR_tgkill 234
#define NR_mq_open 240
#define NR_mq_unlink 241
#define NR_mq_timedsend 242
#define NR_mq_timedreceive 243
#define NR_accept4 288
#define NR_eventfd2 290
#define NR_pipe2 293
#define NR_rt_tgsigqueueinfo 297
#define NR_recvmmsg 299
#define NR_sendmmsg 307
#define NR_process_vm_readv 310
#define NR_process_vm_writev 311
#define NR_memfd_create 319
#elif defined(__TARGET_ARCH_arm64)
#define NR_eventfd2 19
#define NR_pipe2 59
#define NR_read 63
#define NR_write 64
#define NR_readv 65
#define NR_writev 66
#define NR_kill 129
#define NR_tkill 130
#define NR_tgkill 131
#define NR_rt_sigqueueinfo 138
#define NR_mq_open 180
#define NR_mq_unlink 181
#define NR_mq_timedsend 182
#define NR_mq_timedreceive 183
#define NR_msgget 186
#define NR_msgctl 187
#define NR_msgrcv 188
#define NR_msgsnd 189
#define NR_semget 190
#define NR_semctl 191
#define NR_semtimedop 192
#define NR_semop 193
#define NR_shmget 194
#define NR_shmctl 195
#define NR_shmat 196
#define NR_shmdt 197
#define NR_socketpair 199
#define NR_bind 200
#define NR_listen 201
#define NR_accept 202
#define NR_connect 203
#define NR_sendto 206
#define NR_recvfrom 207
#define NR_sendmsg 211
#define NR_recvmsg 212
#define NR_rt_tgsigqueueinfo 240
#define NR_accept4 242
#define NR_recvmmsg 243
#define NR_sendmmsg 269
#define NR_process_vm_readv 270
#define NR_process_vm_writev 271
#define NR_memfd_create 279
#else
#error "ipc_nr.h: no system call numbers for this architecture"
#endif

/* the same everywhere */
#define NR_pidfd_send_signal 424
#define NR_pidfd_getfd 438
#define NR_memfd_secret 447

/* Tables by number have so many rows. */
#define NR_CALLS 512
#define NR_NONE 511 /* no call's */

#endif
