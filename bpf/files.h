/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The records of the plugin `files`, as its programs make them and its tables describe them. */
#ifndef EUNOMIA_FILES_H
#define EUNOMIA_FILES_H

#include <eunomia/event.h>

/* In the order of the plugin's table of streams. */
enum files_stream {
	FILES_OPEN,
	FILES_CLOSE,
	FILES_RENAME,
	FILES_UNLINK,
	FILES_LINK,
	FILES_CHMOD,
	FILES_CHOWN,
	FILES_TRUNCATE,
	FILES_MKDIR,
	FILES_MKNOD,
	FILES_MOUNT,
	FILES_IO,
	FILES_IO_CALL,
	FILES_SLOW,
	FILES_STAT,
	FILES_LIFE,
};

/* The calls that are told apart; io_uring stands for an open that a ring was asked for. */
enum files_call_id {
	FILES_CALL_open,
	FILES_CALL_openat,
	FILES_CALL_openat2,
	FILES_CALL_creat,
	FILES_CALL_open_by_handle_at,
	FILES_CALL_io_uring,
	FILES_CALL_rename,
	FILES_CALL_renameat,
	FILES_CALL_renameat2,
	FILES_CALL_unlink,
	FILES_CALL_unlinkat,
	FILES_CALL_rmdir,
	FILES_CALL_link,
	FILES_CALL_linkat,
	FILES_CALL_symlink,
	FILES_CALL_symlinkat,
	FILES_CALL_chmod,
	FILES_CALL_fchmod,
	FILES_CALL_fchmodat,
	FILES_CALL_fchmodat2,
	FILES_CALL_chown,
	FILES_CALL_fchown,
	FILES_CALL_lchown,
	FILES_CALL_fchownat,
	FILES_CALL_truncate,
	FILES_CALL_ftruncate,
	FILES_CALL_mkdir,
	FILES_CALL_mkdirat,
	FILES_CALL_mknod,
	FILES_CALL_mknodat,
	FILES_CALL_mount,
	FILES_CALL_umount2,
	FILES_CALL_move_mount,
	FILES_CALL_fsopen,
	FILES_CALL_fsconfig,
	FILES_CALL_fsmount,
	FILES_CALL_fspick,
	FILES_CALL_open_tree,
	FILES_CALL_open_tree_attr,
	FILES_CALL_mount_setattr,
	FILES_CALL_pivot_root,
	FILES_CALL_read,
	FILES_CALL_pread64,
	FILES_CALL_readv,
	FILES_CALL_preadv,
	FILES_CALL_preadv2,
	FILES_CALL_write,
	FILES_CALL_pwrite64,
	FILES_CALL_writev,
	FILES_CALL_pwritev,
	FILES_CALL_pwritev2,
	FILES_CALL_fsync,
	FILES_CALL_fdatasync,
	FILES_CALL_sync_file_range,
	FILES_CALL_sendfile,
	FILES_CALL_copy_file_range,
	FILES_CALL_stat,
	FILES_CALL_lstat,
	FILES_CALL_fstat,
	FILES_CALL_newfstatat,
	FILES_CALL_statx,
	FILES_CALL_statfs,
	FILES_CALL_fstatfs,
	FILES_CALL_access,
	FILES_CALL_faccessat,
	FILES_CALL_faccessat2,
	FILES_CALL_readlink,
	FILES_CALL_readlinkat,
};

/* Who says what the path is. */
enum files_path_source {
	FILES_FROM_KERNEL, /* resolved: where the file really is */
	FILES_FROM_USER,   /* the text that the call was given, behind the directory it is relative to */
};

enum files_op {
	FILES_READ,
	FILES_WRITE,
	FILES_SYNC,
};

/* What a file is, whatever its path. */
struct files_inode {
	__u64 inode;
	__u32 dev, rdev; /* as stat(2) shows them */
	__u32 nlink;
	__u32 fs_magic;
	__u16 mode;
	__u8 type; /* the upper four bits of mode */
	__u8 reserved[5];
};

/* A path given as text: the whole, the directory it is relative to (resolved), the text. */
struct files_where {
	eun_ref path, dir, name;
};

struct files_open {
	struct eun_event h;
	struct files_where at;
	eun_ref fs_path;
	__s32 ret, fd;
	struct files_inode file;
	__u32 flags;
	__u8 call, path_source;
	__u8 other_process, created;
};

struct files_close {
	struct eun_event h;
	eun_ref path, fs_path;
	struct files_inode file;
	__s32 fd;
	__u32 reserved;
};

/* What the calls on a path have in common; all that unlink has. */
struct files_path {
	struct eun_event h;
	struct files_where at;
	__s32 ret;
	__u8 call, path_source, is_dir, symbolic;
	__u32 flags;
};

/* chmod, chown, truncate, mkdir, mknod: and the value that was asked for. */
struct files_value {
	struct files_path p;
	union {
		__u64 length;
		struct {
			__u32 mode;
			union {
				__u32 rdev;
				__u32 special; /* chmod: set-user-ID, set-group-ID, sticky */
			};
		};
		struct {
			__u32 owner_uid, owner_gid;
		};
		__u32 value[2];
	};
	__u8 type; /* mknod: the upper four bits of mode */
	__u8 reserved[7];
};

/* rename: the path is the old one, the other the new one. link: the path is the new name, the other what it names. */
struct files_pair {
	struct files_path p;
	struct files_where other;
	__u32 reserved;
};

/* mount: the path is where, the other one what. */
struct files_mount {
	struct files_pair pair;
	eun_ref fstype, key, data;
	__u32 mount_flags, umount_flags;
	__u32 reserved;
	__u64 latency_ns;
};

#define FILES_IO_PATH 256

/* A row: one thread and one file, over an interval. */
struct files_io {
	struct eun_event h;
	__u64 count, reads, writes, syncs, errors;
	__u64 bytes, read_bytes, write_bytes;
	__u64 inode;
	__u32 dev;
	__u8 type;
	__u8 reserved[3];
	char path[FILES_IO_PATH];
};

struct files_io_call {
	struct eun_event h;
	eun_ref path;
	__s32 ret;
	struct files_inode file;
	__u64 bytes;
	__s64 offset; /* where it began; -1: nowhere, or not known */
	__u64 latency_ns;
	__s32 fd;
	__u8 call, op;
	__u8 reserved[2];
};

struct files_stat {
	struct files_path p;
	__s32 fd;
	__u32 access;
};

/* A file whose creation was seen and that is gone. */
struct files_life {
	struct eun_event h;
	eun_ref path;
	__u32 creator;
	__u64 age_ns;
	__u64 inode;
	__u32 dev;
	__u8 call, reserved[3];
};

#endif
