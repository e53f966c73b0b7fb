/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Which system call keeps what in which argument. Part of files.bpf.c. */
#ifndef EUNOMIA_FILES_CALLS_BPF_H
#define EUNOMIA_FILES_CALLS_BPF_H

/* include/uapi/linux/fcntl.h, include/uapi/linux/mount.h */
#define AT_REMOVEDIR 0x200
#define AT_EMPTY_PATH 0x1000
#define FSCONFIG_SET_BINARY 2

/* As eun_arg() counts them. */
enum files_arg {
	NONE,
	FIRST,
	SECOND,
	THIRD,
	FOURTH,
	FIFTH,
};

/* A call about a path. Its members are enum files_arg, but for stream and call, and 0 or 1 for those named so. */
struct files_call {
	u8 stream, call;
	u8 dirfd, path;        /* no path: dirfd is the file. No dirfd: the working directory */
	u8 other_dirfd, other; /* the second path, and whether it is only text (0, 1): nothing to be joined with */
	u8 other_is_text;
	u8 flags, flags_are_how;  /* openat2 has them in a struct open_how (0, 1) */
	u8 value[2], value_is_64; /* chmod's mode and the like: two of 32 bits or (1) one of 64 */
	u8 fstype, key, data;     /* strings of mount's family */
};

#define CALL(name, stream_, ...) [NR_##name] = {.stream = stream_, .call = FILES_CALL_##name, __VA_ARGS__}

static const struct files_call files_calls[NR_CALLS] = {
	CALL(openat, FILES_OPEN, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(openat2, FILES_OPEN, .dirfd = FIRST, .path = SECOND, .flags = THIRD, .flags_are_how = 1),
	CALL(open_by_handle_at, FILES_OPEN, .flags = THIRD),
	CALL(renameat, FILES_RENAME, .dirfd = FIRST, .path = SECOND, .other_dirfd = THIRD, .other = FOURTH),
	CALL(renameat2, FILES_RENAME, .dirfd = FIRST, .path = SECOND, .other_dirfd = THIRD, .other = FOURTH,
	     .flags = FIFTH),
	CALL(unlinkat, FILES_UNLINK, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(linkat, FILES_LINK, .dirfd = THIRD, .path = FOURTH, .other_dirfd = FIRST, .other = SECOND, .flags = FIFTH),
	CALL(symlinkat, FILES_LINK, .dirfd = SECOND, .path = THIRD, .other = FIRST, .other_is_text = 1),
	CALL(fchmod, FILES_CHMOD, .dirfd = FIRST, .value = {SECOND}),
	CALL(fchmodat, FILES_CHMOD, .dirfd = FIRST, .path = SECOND, .value = {THIRD}),
	CALL(fchmodat2, FILES_CHMOD, .dirfd = FIRST, .path = SECOND, .value = {THIRD}, .flags = FOURTH),
	CALL(fchown, FILES_CHOWN, .dirfd = FIRST, .value = {SECOND, THIRD}),
	CALL(fchownat, FILES_CHOWN, .dirfd = FIRST, .path = SECOND, .value = {THIRD, FOURTH}, .flags = FIFTH),
	CALL(truncate, FILES_TRUNCATE, .path = FIRST, .value = {SECOND}, .value_is_64 = 1),
	CALL(ftruncate, FILES_TRUNCATE, .dirfd = FIRST, .value = {SECOND}, .value_is_64 = 1),
	CALL(mkdirat, FILES_MKDIR, .dirfd = FIRST, .path = SECOND, .value = {THIRD}),
	CALL(mknodat, FILES_MKNOD, .dirfd = FIRST, .path = SECOND, .value = {THIRD, FOURTH}),
	CALL(mount, FILES_MOUNT, .path = SECOND, .other = FIRST, .other_is_text = 1, .fstype = THIRD, .flags = FOURTH,
	     .data = FIFTH),
	CALL(umount2, FILES_MOUNT, .path = FIRST, .flags = SECOND),
	CALL(move_mount, FILES_MOUNT, .dirfd = THIRD, .path = FOURTH, .other_dirfd = FIRST, .other = SECOND,
	     .flags = FIFTH),
	CALL(fsopen, FILES_MOUNT, .fstype = FIRST, .flags = SECOND),
	CALL(fsconfig, FILES_MOUNT, .key = THIRD, .other = FOURTH, .other_is_text = 1, .flags = SECOND),
	CALL(fsmount, FILES_MOUNT, .flags = SECOND),
	CALL(fspick, FILES_MOUNT, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(open_tree, FILES_MOUNT, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(open_tree_attr, FILES_MOUNT, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(mount_setattr, FILES_MOUNT, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(pivot_root, FILES_MOUNT, .path = FIRST, .other = SECOND),
	CALL(fstat, FILES_STAT, .dirfd = FIRST),
	CALL(newfstatat, FILES_STAT, .dirfd = FIRST, .path = SECOND, .flags = FOURTH),
	CALL(statx, FILES_STAT, .dirfd = FIRST, .path = SECOND, .flags = THIRD),
	CALL(statfs, FILES_STAT, .path = FIRST),
	CALL(fstatfs, FILES_STAT, .dirfd = FIRST),
	CALL(faccessat, FILES_STAT, .dirfd = FIRST, .path = SECOND, .value = {THIRD}),
	CALL(faccessat2, FILES_STAT, .dirfd = FIRST, .path = SECOND, .value = {THIRD}, .flags = FOURTH),
	CALL(readlinkat, FILES_STAT, .dirfd = FIRST, .path = SECOND),
#ifdef FILES_LEGACY_CALLS
	CALL(open, FILES_OPEN, .path = FIRST, .flags = SECOND),
	CALL(creat, FILES_OPEN, .path = FIRST),
	CALL(rename, FILES_RENAME, .path = FIRST, .other = SECOND),
	CALL(unlink, FILES_UNLINK, .path = FIRST),
	CALL(rmdir, FILES_UNLINK, .path = FIRST),
	CALL(link, FILES_LINK, .path = SECOND, .other = FIRST),
	CALL(symlink, FILES_LINK, .path = SECOND, .other = FIRST, .other_is_text = 1),
	CALL(chmod, FILES_CHMOD, .path = FIRST, .value = {SECOND}),
	CALL(chown, FILES_CHOWN, .path = FIRST, .value = {SECOND, THIRD}),
	CALL(lchown, FILES_CHOWN, .path = FIRST, .value = {SECOND, THIRD}),
	CALL(mkdir, FILES_MKDIR, .path = FIRST, .value = {SECOND}),
	CALL(mknod, FILES_MKNOD, .path = FIRST, .value = {SECOND, THIRD}),
	CALL(stat, FILES_STAT, .path = FIRST),
	CALL(lstat, FILES_STAT, .path = FIRST),
	CALL(access, FILES_STAT, .path = FIRST, .value = {SECOND}),
	CALL(readlink, FILES_STAT, .path = FIRST),
#endif
};

/* The row of a call. Programs are attached only where there is one. */
static __always_inline const struct files_call *files_call(long nr)
{
	return &files_calls[(u64)nr & (NR_CALLS - 1)];
}

/* Those that give a file a name or take it away. */
static __always_inline bool files_names(const struct files_call *call)
{
	if (call->stream == FILES_LINK)
		return !call->other_is_text;
	return call->stream == FILES_MKNOD || call->stream == FILES_RENAME ||
	       (call->stream == FILES_UNLINK && call->call != FILES_CALL_rmdir);
}

/* The directory that a path is relative to. */
static __always_inline int files_dirfd(u32 which)
{
	return which ? (int)eun_arg(which) : EUN_AT_FDCWD;
}

#endif
