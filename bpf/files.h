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
};

/* The calls that are told apart, each under its own name; io_uring stands for an open that a ring asked for. */
#define FILES_CALLS(X)                                                                                               \
	X(open)                                                                                                      \
	X(openat)                                                                                                    \
	X(openat2)                                                                                                   \
	X(creat)                                                                                                     \
	X(open_by_handle_at)                                                                                         \
	X(io_uring)                                                                                                  \
	X(rename)                                                                                                    \
	X(renameat)                                                                                                  \
	X(renameat2)                                                                                                 \
	X(unlink)                                                                                                    \
	X(unlinkat)                                                                                                  \
	X(rmdir)                                                                                                     \
	X(link)                                                                                                      \
	X(linkat)                                                                                                    \
	X(symlink) X(symlinkat) X(chmod) X(fchmod) X(fchmodat) X(fchmodat2) X(chown) X(fchown) X(lchown) X(fchownat) \
		X(truncate) X(ftruncate) X(mkdir) X(mkdirat) X(mknod) X(mknodat) X(mount) X(umount2) X(move_mount)   \
			X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(open_tree) X(open_tree_attr) X(mount_setattr)   \
				X(pivot_root) X(read) X(pread64) X(readv) X(preadv) X(preadv2) X(write) X(pwrite64)  \
					X(writev) X(pwritev) X(pwritev2) X(fsync) X(fdatasync) X(sync_file_range)    \
						X(sendfile) X(copy_file_range)

enum files_call_id {
#define X(name) FILES_CALL_##name,
	FILES_CALLS(X)
#undef X
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
	__u8 reserved[2];
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
			__u32 mode, rdev;
		};
		struct {
			__u32 owner_uid, owner_gid;
		};
		__u32 value[2];
	};
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
	eun_ref fstype, key;
	__u32 mount_flags, umount_flags;
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
	__s32 fd;
	__u8 call, op;
	__u8 reserved[2];
};

#endif
