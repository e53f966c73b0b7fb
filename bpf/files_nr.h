/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* System call numbers, as asm/unistd.h has them: that header is not in the path of a compilation for BPF. */
#ifndef EUNOMIA_FILES_NR_H
#define EUNOMIA_FILES_NR_H

#if defined(__TARGET_ARCH_x86)
/* those that newer architectures do without */
#define FILES_LEGACY_CALLS
#define NR_open 2
#define NR_stat 4
#define NR_lstat 6
#define NR_access 21
#define NR_rename 82
#define NR_mkdir 83
#define NR_rmdir 84
#define NR_creat 85
#define NR_link 86
#define NR_unlink 87
#define NR_symlink 88
#define NR_readlink 89
#define NR_chmod 90
#define NR_chown 92
#define NR_lchown 94
#define NR_mknod 133

#define NR_read 0
#define NR_write 1
#define NR_close 3
#define NR_fstat 5
#define NR_pread64 17
#define NR_pwrite64 18
#define NR_readv 19
#define NR_writev 20
#define NR_sendfile 40
#define NR_fsync 74
#define NR_fdatasync 75
#define NR_truncate 76
#define NR_ftruncate 77
#define NR_fchmod 91
#define NR_fchown 93
#define NR_statfs 137
#define NR_fstatfs 138
#define NR_pivot_root 155
#define NR_mount 165
#define NR_umount2 166
#define NR_openat 257
#define NR_mkdirat 258
#define NR_mknodat 259
#define NR_fchownat 260
#define NR_newfstatat 262
#define NR_unlinkat 263
#define NR_renameat 264
#define NR_linkat 265
#define NR_symlinkat 266
#define NR_readlinkat 267
#define NR_fchmodat 268
#define NR_faccessat 269
#define NR_sync_file_range 277
#define NR_preadv 295
#define NR_pwritev 296
#define NR_open_by_handle_at 304
#define NR_renameat2 316
#define NR_copy_file_range 326
#define NR_preadv2 327
#define NR_pwritev2 328
#define NR_statx 332
#elif defined(__TARGET_ARCH_arm64)
#define NR_mknodat 33
#define NR_mkdirat 34
#define NR_unlinkat 35
#define NR_symlinkat 36
#define NR_linkat 37
#define NR_renameat 38
#define NR_umount2 39
#define NR_mount 40
#define NR_pivot_root 41
#define NR_statfs 43
#define NR_fstatfs 44
#define NR_truncate 45
#define NR_ftruncate 46
#define NR_faccessat 48
#define NR_fchmod 52
#define NR_fchmodat 53
#define NR_fchownat 54
#define NR_fchown 55
#define NR_openat 56
#define NR_close 57
#define NR_read 63
#define NR_write 64
#define NR_readv 65
#define NR_writev 66
#define NR_pread64 67
#define NR_pwrite64 68
#define NR_preadv 69
#define NR_pwritev 70
#define NR_sendfile 71
#define NR_readlinkat 78
#define NR_newfstatat 79
#define NR_fstat 80
#define NR_fsync 82
#define NR_fdatasync 83
#define NR_sync_file_range 84
#define NR_open_by_handle_at 265
#define NR_renameat2 276
#define NR_copy_file_range 285
#define NR_preadv2 286
#define NR_pwritev2 287
#define NR_statx 291
#else
#error "files_nr.h: no system call numbers for this architecture"
#endif

/* the same everywhere */
#define NR_open_tree 428
#define NR_move_mount 429
#define NR_fsopen 430
#define NR_fsconfig 431
#define NR_fsmount 432
#define NR_fspick 433
#define NR_openat2 437
#define NR_faccessat2 439
#define NR_mount_setattr 442
#define NR_fchmodat2 452
#define NR_open_tree_attr 467

/* Tables by number have so many rows. */
#define NR_CALLS 512

#endif
