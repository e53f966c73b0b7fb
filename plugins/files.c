/* SPDX-License-Identifier: MIT */
/* Files: opened, closed, named, changed, mounted, read and written. */
#include <linux/fcntl.h>
#include <linux/mount.h>

#include <eunomia/plugin.h>

#include "files.h"
#include "files_metrics.h"

EUN_OBJECT(EUN_OBJECT_FILE);

/* Where a mask holds another one, it stands before it. O_RDONLY is no bit. */
static const struct eun_label open_flags[] = {
	{O_WRONLY, "O_WRONLY"},       {O_RDWR, "O_RDWR"},
	{O_CREAT, "O_CREAT"},         {O_EXCL, "O_EXCL"},
	{O_NOCTTY, "O_NOCTTY"},       {O_TRUNC, "O_TRUNC"},
	{O_APPEND, "O_APPEND"},       {O_NONBLOCK, "O_NONBLOCK"},
	{O_SYNC, "O_SYNC"},           {O_DSYNC, "O_DSYNC"},
	{FASYNC, "O_ASYNC"},          {O_DIRECT, "O_DIRECT"},
	{O_TMPFILE, "O_TMPFILE"},     {O_DIRECTORY, "O_DIRECTORY"},
	{O_LARGEFILE, "O_LARGEFILE"}, {O_NOFOLLOW, "O_NOFOLLOW"},
	{O_NOATIME, "O_NOATIME"},     {O_CLOEXEC, "O_CLOEXEC"},
	{O_PATH, "O_PATH"},           {0, NULL},
};

static const struct eun_label rename_flags[] = {
	{1, "RENAME_NOREPLACE"},
	{2, "RENAME_EXCHANGE"},
	{4, "RENAME_WHITEOUT"},
	{0, NULL},
};

static const struct eun_label at_flags[] = {
	{AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
	{AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW"},
	{AT_EMPTY_PATH, "AT_EMPTY_PATH"},
	{0, NULL},
};

static const struct eun_label stat_flags[] = {
	{AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
	{AT_EACCESS, "AT_EACCESS"},
	{AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT"},
	{AT_EMPTY_PATH, "AT_EMPTY_PATH"},
	{AT_STATX_FORCE_SYNC, "AT_STATX_FORCE_SYNC"},
	{AT_STATX_DONT_SYNC, "AT_STATX_DONT_SYNC"},
	{0, NULL},
};

static const struct eun_label access_modes[] = {
	{4, "R_OK"},
	{2, "W_OK"},
	{1, "X_OK"},
	{0, NULL},
};

static const struct eun_label special_bits[] = {
	{04000, "S_ISUID"},
	{02000, "S_ISGID"},
	{01000, "S_ISVTX"},
	{0, NULL},
};

static const struct eun_label unlink_flags[] = {
	{AT_REMOVEDIR, "AT_REMOVEDIR"},
	{0, NULL},
};

static const struct eun_label mount_flags[] = {
	{MS_RDONLY, "MS_RDONLY"},
	{MS_NOSUID, "MS_NOSUID"},
	{MS_NODEV, "MS_NODEV"},
	{MS_NOEXEC, "MS_NOEXEC"},
	{MS_SYNCHRONOUS, "MS_SYNCHRONOUS"},
	{MS_REMOUNT, "MS_REMOUNT"},
	{MS_MANDLOCK, "MS_MANDLOCK"},
	{MS_DIRSYNC, "MS_DIRSYNC"},
	{MS_NOSYMFOLLOW, "MS_NOSYMFOLLOW"},
	{MS_NOATIME, "MS_NOATIME"},
	{MS_NODIRATIME, "MS_NODIRATIME"},
	{MS_BIND, "MS_BIND"},
	{MS_MOVE, "MS_MOVE"},
	{MS_REC, "MS_REC"},
	{MS_SILENT, "MS_SILENT"},
	{MS_POSIXACL, "MS_POSIXACL"},
	{MS_UNBINDABLE, "MS_UNBINDABLE"},
	{MS_PRIVATE, "MS_PRIVATE"},
	{MS_SLAVE, "MS_SLAVE"},
	{MS_SHARED, "MS_SHARED"},
	{MS_RELATIME, "MS_RELATIME"},
	{MS_STRICTATIME, "MS_STRICTATIME"},
	{MS_LAZYTIME, "MS_LAZYTIME"},
	{0, NULL},
};

static const struct eun_label umount_flags[] = {
	{1, "MNT_FORCE"}, {2, "MNT_DETACH"}, {4, "MNT_EXPIRE"}, {8, "UMOUNT_NOFOLLOW"}, {0, NULL},
};

/* The upper four bits of a mode. */
static const struct eun_label types[] = {
	{0, "other"},   {1, "fifo"},     {2, "char"},    {4, "directory"}, {6, "block"},
	{8, "regular"}, {10, "symlink"}, {12, "socket"}, {0, NULL},
};

static const struct eun_label sources[] = {
	{FILES_FROM_KERNEL, "kernel"},
	{FILES_FROM_USER, "user"},
	{0, NULL},
};

static const struct eun_label ops[] = {
	{FILES_READ, "read"},
	{FILES_WRITE, "write"},
	{FILES_SYNC, "sync"},
	{0, NULL},
};

#define NAMED(call)                      \
	{                                \
		FILES_CALL_##call, #call \
	}

static const struct eun_label calls[] = {
	NAMED(open),
	NAMED(openat),
	NAMED(openat2),
	NAMED(creat),
	NAMED(open_by_handle_at),
	NAMED(io_uring),
	NAMED(rename),
	NAMED(renameat),
	NAMED(renameat2),
	NAMED(unlink),
	NAMED(unlinkat),
	NAMED(rmdir),
	NAMED(link),
	NAMED(linkat),
	NAMED(symlink),
	NAMED(symlinkat),
	NAMED(chmod),
	NAMED(fchmod),
	NAMED(fchmodat),
	NAMED(fchmodat2),
	NAMED(chown),
	NAMED(fchown),
	NAMED(lchown),
	NAMED(fchownat),
	NAMED(truncate),
	NAMED(ftruncate),
	NAMED(mkdir),
	NAMED(mkdirat),
	NAMED(mknod),
	NAMED(mknodat),
	NAMED(mount),
	NAMED(umount2),
	NAMED(move_mount),
	NAMED(fsopen),
	NAMED(fsconfig),
	NAMED(fsmount),
	NAMED(fspick),
	NAMED(open_tree),
	NAMED(open_tree_attr),
	NAMED(mount_setattr),
	NAMED(pivot_root),
	NAMED(read),
	NAMED(pread64),
	NAMED(readv),
	NAMED(preadv),
	NAMED(preadv2),
	NAMED(write),
	NAMED(pwrite64),
	NAMED(writev),
	NAMED(pwritev),
	NAMED(pwritev2),
	NAMED(fsync),
	NAMED(fdatasync),
	NAMED(sync_file_range),
	NAMED(sendfile),
	NAMED(copy_file_range),
	NAMED(stat),
	NAMED(lstat),
	NAMED(fstat),
	NAMED(newfstatat),
	NAMED(statx),
	NAMED(statfs),
	NAMED(fstatfs),
	NAMED(access),
	NAMED(faccessat),
	NAMED(faccessat2),
	NAMED(readlink),
	NAMED(readlinkat),
	{0, NULL},
};

/* The fields of `struct files_inode file` in a record. */
#define INODE_FIELDS(record)                                                                                        \
	EUN_NAMED("dev", record, file.dev, EUN_U32, 0, NULL, "device of the file system (st_dev)"),                 \
		EUN_NAMED("inode", record, file.inode, EUN_U64, 0, NULL, "inode number"),                           \
		EUN_NAMED("mode", record, file.mode, EUN_U16, EUN_FIELD_OCTAL, NULL,                                \
			  "type and permissions (st_mode)"),                                                        \
		EUN_NAMED("type", record, file.type, EUN_ENUM, 0, types, "the type alone"),                         \
		EUN_NAMED("rdev", record, file.rdev, EUN_U32, 0, NULL, "of a device file: which device (st_rdev)"), \
		EUN_NAMED("nlink", record, file.nlink, EUN_U32, 0, NULL,                                            \
			  "names that it has; 0: deleted, or had none"),                                            \
		EUN_NAMED("fs_magic", record, file.fs_magic, EUN_U32, EUN_FIELD_HEX, NULL,                          \
			  "type of the file system (statfs f_type)")

#define CALL_FIELD(record, member) EUN_NAMED("call", record, member, EUN_ENUM, 0, calls, "the system call")
#define SOURCE_HELP "who says what path is: kernel (resolved), or user (text, behind the directory)"

static const struct eun_field open_fields[] = {
	EUN_NAMED("path", struct files_open, at.path, EUN_PATH, 0, NULL,
		  "the file that was opened; failed: the text given, behind the directory it is relative to"),
	EUN_LABELLED(struct files_open, path_source, EUN_ENUM, 0, sources, SOURCE_HELP),
	EUN_FIELD(struct files_open, fs_path, EUN_PATH, 0, "path inside its file system, wherever that is mounted"),
	EUN_NAMED("dir", struct files_open, at.dir, EUN_PATH, 0, NULL, "failed: the directory of a relative path"),
	EUN_NAMED("name", struct files_open, at.name, EUN_STRING, EUN_FIELD_USER, NULL, "failed: the text given"),
	EUN_LABELLED(struct files_open, flags, EUN_FLAGS, 0, open_flags, "how, as the call asked"),
	EUN_FIELD(struct files_open, fd, EUN_S32, 0, "the new descriptor; -1: none"),
	EUN_FIELD(struct files_open, ret, EUN_ERRNO, EUN_FIELD_ERROR, "0, or why it failed"),
	CALL_FIELD(struct files_open, call),
	INODE_FIELDS(struct files_open),
	EUN_FIELD(struct files_open, other_process, EUN_BOOL, 0, "a file in another process's /proc/PID"),
	EUN_FIELD(struct files_open, created, EUN_BOOL, 0, "the call made the file"),
};

static const struct eun_field close_fields[] = {
	EUN_FIELD(struct files_close, path, EUN_PATH, 0, "the file"),
	EUN_FIELD(struct files_close, fs_path, EUN_PATH, 0, "path inside its file system, wherever that is mounted"),
	EUN_FIELD(struct files_close, fd, EUN_S32, 0, "the descriptor"),
	INODE_FIELDS(struct files_close),
};

/* A path given as text, in three fields. */
#define WHERE_FIELDS(record, member, prefix, text)                                           \
	EUN_NAMED(prefix "path", record, member.path, EUN_PATH, EUN_FIELD_USER, NULL, text), \
		EUN_NAMED(prefix "dir", record, member.dir, EUN_PATH, 0, NULL,               \
			  "the directory that it is relative to"),                           \
		EUN_NAMED(prefix "name", record, member.name, EUN_STRING, EUN_FIELD_USER, NULL, "the text given")

/* What all calls on a path have; `p` is their struct files_path. */
#define PATH_FIELDS(record, p)                                                                            \
	EUN_NAMED("path_source", record, p path_source, EUN_ENUM, 0, sources, SOURCE_HELP),               \
		EUN_NAMED("ret", record, p ret, EUN_ERRNO, EUN_FIELD_ERROR, NULL, "0, or why it failed"), \
		CALL_FIELD(record, p call)

#define FLAGS_FIELD(record, p, labels) EUN_NAMED("flags", record, p flags, EUN_FLAGS, 0, labels, "the call's flags")

static const struct eun_field rename_fields[] = {
	WHERE_FIELDS(struct files_pair, p.at, "old_", "what it was called"),
	WHERE_FIELDS(struct files_pair, other, "new_", "what it is called now"),
	FLAGS_FIELD(struct files_pair, p., rename_flags),
	PATH_FIELDS(struct files_pair, p.),
};

static const struct eun_field unlink_fields[] = {
	WHERE_FIELDS(struct files_path, at, "", "the name that was removed"),
	EUN_FIELD(struct files_path, is_dir, EUN_BOOL, 0, "a directory was to be removed"),
	FLAGS_FIELD(struct files_path, , unlink_flags),
	PATH_FIELDS(struct files_path, ),
};

static const struct eun_field link_fields[] = {
	EUN_NAMED("target", struct files_pair, other.path, EUN_PATH, EUN_FIELD_USER, NULL,
		  "what the new name leads to; of a symbolic link: its text"),
	WHERE_FIELDS(struct files_pair, p.at, "", "the new name"),
	EUN_NAMED("symbolic", struct files_pair, p.symbolic, EUN_BOOL, 0, NULL, "a symbolic link"),
	FLAGS_FIELD(struct files_pair, p., at_flags),
	PATH_FIELDS(struct files_pair, p.),
};

static const struct eun_field chmod_fields[] = {
	WHERE_FIELDS(struct files_value, p.at, "", "the file"),
	EUN_NAMED("mode_new", struct files_value, mode, EUN_U32, EUN_FIELD_OCTAL, NULL, "the permissions asked for"),
	EUN_LABELLED(struct files_value, special, EUN_FLAGS, 0, special_bits,
		     "of these, the set-ID bits and the sticky one"),
	FLAGS_FIELD(struct files_value, p., at_flags),
	PATH_FIELDS(struct files_value, p.),
};

static const struct eun_field chown_fields[] = {
	WHERE_FIELDS(struct files_value, p.at, "", "the file"),
	EUN_FIELD(struct files_value, owner_uid, EUN_U32, 0, "the owner asked for; 4294967295: as it was"),
	EUN_FIELD(struct files_value, owner_gid, EUN_U32, 0, "the group asked for; 4294967295: as it was"),
	FLAGS_FIELD(struct files_value, p., at_flags),
	PATH_FIELDS(struct files_value, p.),
};

static const struct eun_field truncate_fields[] = {
	WHERE_FIELDS(struct files_value, p.at, "", "the file"),
	EUN_FIELD(struct files_value, length, EUN_S64, 0, "the length asked for, bytes"),
	PATH_FIELDS(struct files_value, p.),
};

static const struct eun_field mkdir_fields[] = {
	WHERE_FIELDS(struct files_value, p.at, "", "the new directory"),
	EUN_FIELD(struct files_value, mode, EUN_U32, EUN_FIELD_OCTAL, "the permissions asked for, before the umask"),
	PATH_FIELDS(struct files_value, p.),
};

static const struct eun_field mknod_fields[] = {
	WHERE_FIELDS(struct files_value, p.at, "", "the new file"),
	EUN_FIELD(struct files_value, mode, EUN_U32, EUN_FIELD_OCTAL, "type and permissions asked for"),
	EUN_LABELLED(struct files_value, type, EUN_ENUM, 0, types, "the type alone"),
	EUN_FIELD(struct files_value, rdev, EUN_U32, 0, "which device, when one is made (st_rdev)"),
	PATH_FIELDS(struct files_value, p.),
};

static const struct eun_field mount_fields[] = {
	EUN_NAMED("call", struct files_mount, pair.p.call, EUN_ENUM, 0, calls, "the system call"),
	EUN_NAMED("source", struct files_mount, pair.other.path, EUN_PATH, EUN_FIELD_USER, NULL,
		  "what: of mount, the text; of move_mount, the path; of fsconfig, the value; of pivot_root, put_old"),
	WHERE_FIELDS(struct files_mount, pair.p.at, "", "where: the target; of open_tree and fspick, the mount meant"),
	EUN_FIELD(struct files_mount, fstype, EUN_STRING, EUN_FIELD_USER, "file system type, of mount and fsopen"),
	EUN_FIELD(struct files_mount, key, EUN_STRING, EUN_FIELD_USER, "of fsconfig: what is set to the value source"),
	EUN_FIELD(struct files_mount, data, EUN_STRING, EUN_FIELD_USER,
		  "of mount: the options, as text (a few file systems take another form)"),
	EUN_LABELLED(struct files_mount, mount_flags, EUN_FLAGS, 0, mount_flags, "of mount"),
	EUN_LABELLED(struct files_mount, umount_flags, EUN_FLAGS, 0, umount_flags, "of umount2"),
	EUN_NAMED("flags", struct files_mount, pair.p.flags, EUN_U32, EUN_FIELD_HEX, NULL,
		  "the call's flags as a number; of fsconfig: its command"),
	EUN_NAMED("ret", struct files_mount, pair.p.ret, EUN_ERRNO, EUN_FIELD_ERROR, NULL,
		  "0 or a descriptor, or why it failed"),
	EUN_FIELD(struct files_mount, latency_ns, EUN_U64, 0, "from the call's begin to its end; 0: not known"),
	EUN_NAMED("path_source", struct files_mount, pair.p.path_source, EUN_ENUM, 0, sources, SOURCE_HELP),
};

#define IO(member, type, flags, help) EUN_FIELD(struct files_io, member, type, flags, help)

static const struct eun_field io_fields[] = {
	IO(count, EUN_U64, EUN_FIELD_SUM, "calls"),
	IO(reads, EUN_U64, EUN_FIELD_SUM, "calls that read"),
	IO(writes, EUN_U64, EUN_FIELD_SUM, "calls that wrote"),
	IO(syncs, EUN_U64, EUN_FIELD_SUM, "calls that waited for the disk (fsync and the like)"),
	IO(errors, EUN_U64, EUN_FIELD_SUM, "calls that failed"),
	IO(bytes, EUN_U64, EUN_FIELD_SUM, "bytes read and written"),
	IO(read_bytes, EUN_U64, EUN_FIELD_SUM, "bytes read"),
	IO(write_bytes, EUN_U64, EUN_FIELD_SUM, "bytes written"),
	IO(dev, EUN_U32, 0, "device of the file system (st_dev)"),
	IO(inode, EUN_U64, 0, "inode number"),
	EUN_LABELLED(struct files_io, type, EUN_ENUM, 0, types, "what kind of file it is"),
	IO(path, EUN_CHARS, 0, "the file, when the row began; at most the last 255 bytes"),
};

static const struct eun_field io_call_fields[] = {
	EUN_FIELD(struct files_io_call, path, EUN_PATH, 0, "the file"),
	EUN_LABELLED(struct files_io_call, op, EUN_ENUM, 0, ops, "what was done; a copying call is a read and a write"),
	EUN_FIELD(struct files_io_call, bytes, EUN_U64, 0, "how many bytes were moved"),
	EUN_FIELD(struct files_io_call, offset, EUN_S64, 0, "where in the file it began; -1: nowhere, or not known"),
	EUN_FIELD(struct files_io_call, latency_ns, EUN_U64, 0,
		  "from the call's begin to its end; 0: not known, it began before eunomia did"),
	EUN_FIELD(struct files_io_call, fd, EUN_S32, 0, "the descriptor"),
	EUN_FIELD(struct files_io_call, ret, EUN_ERRNO, EUN_FIELD_ERROR, "bytes, or why it failed"),
	CALL_FIELD(struct files_io_call, call),
	INODE_FIELDS(struct files_io_call),
};

static const struct eun_field stat_fields[] = {
	WHERE_FIELDS(struct files_stat, p.at, "", "the file asked about"),
	EUN_FIELD(struct files_stat, fd, EUN_S32, 0, "the descriptor asked about; -1: a path"),
	EUN_LABELLED(struct files_stat, access, EUN_FLAGS, 0, access_modes, "of access: what was asked for; 0: F_OK"),
	FLAGS_FIELD(struct files_stat, p., stat_flags),
	EUN_NAMED("path_source", struct files_stat, p.path_source, EUN_ENUM, 0, sources, SOURCE_HELP),
	EUN_NAMED("ret", struct files_stat, p.ret, EUN_ERRNO, EUN_FIELD_ERROR, NULL,
		  "0, or why it failed; of readlink: bytes"),
	CALL_FIELD(struct files_stat, p.call),
};

static const struct eun_field life_fields[] = {
	EUN_FIELD(struct files_life, path, EUN_PATH, EUN_FIELD_USER, "the name that was removed"),
	EUN_FIELD(struct files_life, age_ns, EUN_U64, 0, "from its creation to now"),
	EUN_FIELD(struct files_life, creator, EUN_U32, 0, "the process that created it"),
	EUN_FIELD(struct files_life, dev, EUN_U32, 0,
		  "device of the file system (st_dev); made by mknod: 0, not known"),
	EUN_FIELD(struct files_life, inode, EUN_U64, 0, "inode number; likewise"),
	CALL_FIELD(struct files_life, call),
};

#define STREAM(index, name_, record, fields_, flags_, columns_, help_) \
	[index] = {.name = name_,                                      \
		   .version = 1,                                       \
		   .record_size = sizeof(record),                      \
		   .flags = flags_,                                    \
		   .fields = EUN_TABLE(fields_),                       \
		   .columns = columns_,                                \
		   .help = help_}

static const struct eun_stream streams[] = {
	STREAM(FILES_OPEN, "files.open", struct files_open, open_fields, EUN_STREAM_DEFAULT, "path,flags,fd,ret",
	       "a file is opened (open, openat, openat2, creat, open_by_handle_at, io_uring), or is not"),
	STREAM(FILES_CLOSE, "files.close", struct files_close, close_fields, 0, "fd,path",
	       "close of an open descriptor; not those that dup2, close_range, exec and exit close"),
	STREAM(FILES_RENAME, "files.rename", struct files_pair, rename_fields, EUN_STREAM_DEFAULT,
	       "old_path,new_path,ret", "a file gets another name"),
	STREAM(FILES_UNLINK, "files.unlink", struct files_path, unlink_fields, EUN_STREAM_DEFAULT, "path,is_dir,ret",
	       "a name is removed (unlink, unlinkat, rmdir)"),
	STREAM(FILES_LINK, "files.link", struct files_pair, link_fields, EUN_STREAM_DEFAULT, "target,path,symbolic,ret",
	       "a file gets one more name, or a symbolic link is made"),
	STREAM(FILES_CHMOD, "files.chmod", struct files_value, chmod_fields, EUN_STREAM_DEFAULT, "path,mode_new,ret",
	       "permissions change"),
	STREAM(FILES_CHOWN, "files.chown", struct files_value, chown_fields, EUN_STREAM_DEFAULT,
	       "path,owner_uid,owner_gid,ret", "owner or group change"),
	STREAM(FILES_TRUNCATE, "files.truncate", struct files_value, truncate_fields, EUN_STREAM_DEFAULT,
	       "path,length,ret", "a file is cut or extended (not by O_TRUNC: see files.open)"),
	STREAM(FILES_MKDIR, "files.mkdir", struct files_value, mkdir_fields, EUN_STREAM_DEFAULT, "path,mode,ret",
	       "a directory is made"),
	STREAM(FILES_MKNOD, "files.mknod", struct files_value, mknod_fields, EUN_STREAM_DEFAULT, "path,mode,rdev,ret",
	       "a device, pipe, socket or file is made by mknod"),
	STREAM(FILES_MOUNT, "files.mount", struct files_mount, mount_fields, EUN_STREAM_DEFAULT,
	       "call,source,path,fstype,ret", "the tree of mounts changes, by the calls of mount's family"),
	STREAM(FILES_IO, "files.io", struct files_io, io_fields, EUN_STREAM_AGGREGATE,
	       "path,reads,writes,read_bytes,write_bytes",
	       "reads, writes and syncs added up by thread and file; not those of io_uring and of mapped memory"),
	STREAM(FILES_IO_CALL, "files.io_call", struct files_io_call, io_call_fields, 0, "op,bytes,offset,path,ret",
	       "each read, write and sync; likewise"),
	STREAM(FILES_SLOW, "files.slow", struct files_io_call, io_call_fields, 0, "op,bytes,offset,latency_ns,path",
	       "those of files.io_call that took long (option slow)"),
	STREAM(FILES_STAT, "files.stat", struct files_stat, stat_fields, 0, "call,path,fd,ret",
	       "a file is asked about (stat's family, statfs, access, readlink)"),
	STREAM(FILES_LIFE, "files.life", struct files_life, life_fields, 0, "age_ns,path",
	       "a file is deleted whose creation was seen (see option births)"),
};

static const struct eun_option options[] = {
	{.key = "all",
	 .type = EUN_OPTION_BOOL,
	 .def = "false",
	 .help = "files.io and files.io_call: not regular files alone, but sockets, pipes and devices too",
	 .var = "files_all"},
	{.key = "rows",
	 .type = EUN_OPTION_UINT,
	 .def = "8192",
	 .min = 64,
	 .max = 1048576,
	 .help = "files.io: at most so many pairs of a thread and a file in one interval",
	 .map = "files_rows"},
	{.key = "slow",
	 .type = EUN_OPTION_TIME,
	 .def = "10ms",
	 .max = 3600000000000,
	 .help = "files.slow: calls that took at least so long",
	 .var = "files_slow_ns"},
	{.key = "births",
	 .type = EUN_OPTION_UINT,
	 .def = "4096",
	 .min = 64,
	 .max = 1048576,
	 .help = "files.life: so many created files are remembered, by name: not found where (without fentry) a "
		 "symbolic link, . or .. leads to it at its end, or a directory above was renamed; nor what io_uring "
		 "or bind creates or deletes",
	 .map = "files_births"},
};

#define AT(program, place, streams_, flags_)                                       \
	{                                                                          \
		.name = program, .at = place, .streams = streams_, .flags = flags_ \
	}
#define ENTER(program, call, streams, flags) AT(program, "syscalls/sys_enter_" call, streams, flags)
#define EXIT(program, call, streams, flags) AT(program, "syscalls/sys_exit_" call, streams, flags)

/* Calls that only older architectures have, and calls that only newer kernels or some configurations have. */
#define LEGACY EUN_PROGRAM_OPTIONAL
#define RECENT EUN_PROGRAM_OPTIONAL

/* Of the two programs one is loaded. */
#define CHOICE(program, call, stream, flags_, group_, n)                                                       \
	{                                                                                                      \
		.name = program, .at = "syscalls/sys_exit_" call, .streams = EUN_BIT(stream), .flags = flags_, \
		.group = group_, .choice = n                                                                   \
	}
#define OPEN(call, flags) \
	CHOICE("open_exit", call, FILES_OPEN, flags, 1, 0), CHOICE("open_exit_plain", call, FILES_OPEN, flags, 1, 1)
#define DESCRIPTOR(call, stream) EXIT("path_exit", call, EUN_BIT(stream), 0)
#define PATH(call, stream, flags) \
	ENTER("path_enter", call, EUN_BIT(stream), flags), EXIT("path_exit", call, EUN_BIT(stream), flags)
#define IO_CALLS (EUN_BIT(FILES_IO_CALL) | EUN_BIT(FILES_SLOW))
#define TRANSFER(call)                                                                                \
	CHOICE("io_exit", call, FILES_IO, 0, 2, 0), CHOICE("io_exit_plain", call, FILES_IO, 0, 2, 1), \
		ENTER("io_call_enter", call, IO_CALLS, 0), EXIT("io_call_exit", call, IO_CALLS, 0)
#define ASK(call, flags) EXIT("stat_exit", call, EUN_BIT(FILES_STAT), flags)
#define BIRTH(call, flags) EXIT("life_open", call, EUN_BIT(FILES_LIFE), flags)
#define HOOK(program, streams_)                                                     \
	{                                                                           \
		.name = program, .streams = streams_, .flags = EUN_PROGRAM_OPTIONAL \
	}
#define LIFE(call, flags) EXIT("life_exit", call, EUN_BIT(FILES_LIFE), flags)

/* Streams for which something is done when a call begins, and when it ends. */
#define PATHS                                                                                           \
	(EUN_BIT(FILES_RENAME) | EUN_BIT(FILES_UNLINK) | EUN_BIT(FILES_LINK) | EUN_BIT(FILES_CHMOD) |   \
	 EUN_BIT(FILES_CHOWN) | EUN_BIT(FILES_TRUNCATE) | EUN_BIT(FILES_MKDIR) | EUN_BIT(FILES_MKNOD) | \
	 EUN_BIT(FILES_MOUNT))
#define BEGINS (PATHS | IO_CALLS | EUN_BIT(FILES_CLOSE))
#define ENDS (PATHS | IO_CALLS | EUN_BIT(FILES_OPEN) | EUN_BIT(FILES_IO) | EUN_BIT(FILES_STAT) | EUN_BIT(FILES_LIFE))

static const struct eun_program programs[] = {
	OPEN("openat", 0),
	OPEN("openat2", 0),
	OPEN("open", LEGACY),
	OPEN("creat", LEGACY),
	OPEN("open_by_handle_at", RECENT),
	AT("uring_submit_sqe", "io_uring/io_uring_submit_sqe", EUN_BIT(FILES_OPEN), EUN_PROGRAM_OPTIONAL),
	AT("uring_submit_req", "io_uring/io_uring_submit_req", EUN_BIT(FILES_OPEN), EUN_PROGRAM_OPTIONAL),
	AT("uring_complete", "io_uring/io_uring_complete", EUN_BIT(FILES_OPEN), EUN_PROGRAM_OPTIONAL),
	ENTER("close_enter", "close", EUN_BIT(FILES_CLOSE), 0),
	PATH("renameat", FILES_RENAME, 0),
	PATH("renameat2", FILES_RENAME, 0),
	PATH("rename", FILES_RENAME, LEGACY),
	PATH("unlinkat", FILES_UNLINK, 0),
	PATH("unlink", FILES_UNLINK, LEGACY),
	PATH("rmdir", FILES_UNLINK, LEGACY),
	PATH("linkat", FILES_LINK, 0),
	PATH("symlinkat", FILES_LINK, 0),
	PATH("link", FILES_LINK, LEGACY),
	PATH("symlink", FILES_LINK, LEGACY),
	DESCRIPTOR("fchmod", FILES_CHMOD),
	PATH("fchmodat", FILES_CHMOD, 0),
	PATH("fchmodat2", FILES_CHMOD, RECENT),
	PATH("chmod", FILES_CHMOD, LEGACY),
	DESCRIPTOR("fchown", FILES_CHOWN),
	PATH("fchownat", FILES_CHOWN, 0),
	PATH("chown", FILES_CHOWN, LEGACY),
	PATH("lchown", FILES_CHOWN, LEGACY),
	DESCRIPTOR("ftruncate", FILES_TRUNCATE),
	PATH("truncate", FILES_TRUNCATE, 0),
	PATH("mkdirat", FILES_MKDIR, 0),
	PATH("mkdir", FILES_MKDIR, LEGACY),
	PATH("mknodat", FILES_MKNOD, 0),
	PATH("mknod", FILES_MKNOD, LEGACY),
	PATH("mount", FILES_MOUNT, 0),
	PATH("umount", FILES_MOUNT, 0),
	PATH("move_mount", FILES_MOUNT, 0),
	PATH("fsconfig", FILES_MOUNT, 0),
	PATH("fspick", FILES_MOUNT, 0),
	PATH("open_tree", FILES_MOUNT, 0),
	PATH("open_tree_attr", FILES_MOUNT, RECENT),
	PATH("mount_setattr", FILES_MOUNT, 0),
	PATH("pivot_root", FILES_MOUNT, 0),
	PATH("fsopen", FILES_MOUNT, 0),
	PATH("fsmount", FILES_MOUNT, 0),
	HOOK("hook_rename", EUN_BIT(FILES_RENAME) | EUN_BIT(FILES_LIFE)),
	HOOK("hook_unlink", EUN_BIT(FILES_UNLINK) | EUN_BIT(FILES_LIFE)),
	HOOK("hook_rmdir", EUN_BIT(FILES_UNLINK)),
	HOOK("hook_link", EUN_BIT(FILES_LINK) | EUN_BIT(FILES_LIFE)),
	HOOK("hook_symlink", EUN_BIT(FILES_LINK)),
	HOOK("hook_chmod", EUN_BIT(FILES_CHMOD)),
	HOOK("hook_chown", EUN_BIT(FILES_CHOWN)),
	HOOK("hook_truncate", EUN_BIT(FILES_TRUNCATE)),
	HOOK("hook_mkdir", EUN_BIT(FILES_MKDIR)),
	HOOK("hook_mknod", EUN_BIT(FILES_MKNOD) | EUN_BIT(FILES_LIFE)),
	HOOK("hook_mount", EUN_BIT(FILES_MOUNT)),
	HOOK("hook_umount", EUN_BIT(FILES_MOUNT)),
	HOOK("hook_move_mount", EUN_BIT(FILES_MOUNT)),
	HOOK("hook_pivot_root", EUN_BIT(FILES_MOUNT)),
	TRANSFER("read"),
	TRANSFER("readv"),
	TRANSFER("pread64"),
	TRANSFER("preadv"),
	TRANSFER("preadv2"),
	TRANSFER("write"),
	TRANSFER("writev"),
	TRANSFER("pwrite64"),
	TRANSFER("pwritev"),
	TRANSFER("pwritev2"),
	TRANSFER("fsync"),
	TRANSFER("fdatasync"),
	TRANSFER("sync_file_range"),
	TRANSFER("sendfile64"),
	TRANSFER("copy_file_range"),
	ASK("newfstat", 0),
	ASK("newfstatat", 0),
	ASK("statx", 0),
	ASK("statfs", 0),
	ASK("fstatfs", 0),
	ASK("faccessat", 0),
	ASK("faccessat2", 0),
	ASK("readlinkat", 0),
	ASK("newstat", LEGACY),
	ASK("newlstat", LEGACY),
	ASK("access", LEGACY),
	ASK("readlink", LEGACY),
	BIRTH("openat", 0),
	BIRTH("openat2", 0),
	BIRTH("open", LEGACY),
	BIRTH("creat", LEGACY),
	LIFE("mknodat", 0),
	LIFE("mknod", LEGACY),
	LIFE("linkat", 0),
	LIFE("link", LEGACY),
	LIFE("renameat", 0),
	LIFE("renameat2", 0),
	LIFE("rename", LEGACY),
	LIFE("unlinkat", 0),
	LIFE("unlink", LEGACY),
	{.name = "ia32_enter", .streams = BEGINS, .flags = EUN_PROGRAM_IA32},
	{.name = "ia32_exit", .streams = ENDS, .flags = EUN_PROGRAM_IA32},
};

static const struct eun_aggregate aggregates[] = {
	{.map = "files_rows",
	 .stream = FILES_IO,
	 .key_size = 3 * sizeof(__u64),
	 .value_size = (sizeof(struct files_io) + 7) / 8 * 8 + sizeof(__u64)},
};

static const struct eun_column opensnoop_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "UID", .field = "uid"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm"},
	{.header = "FD", .field = "fd", .width = 3},
	{.header = "ERR", .field = "ret"},
	{.header = "FLAGS", .field = "flags", .width = 18},
	{.header = "PATH", .field = "path"},
};

static const struct eun_tool_option opensnoop_options[] = {
	{.name = "extended-fields",
	 .letter = 'e',
	 .help = "what kind of file, where it lies, by which call",
	 .columns = "type,mode,dev,inode,call,path_source"},
	{.name = "full-path", .letter = 'F', .help = "changes nothing: paths are always whole"},
};

static const struct eun_column filetop_columns[] = {
	{.header = "TID", .field = "tid"},
	{.header = "COMM", .field = "comm"},
	{.header = "READS", .field = "reads", .width = 6},
	{.header = "WRITES", .field = "writes", .width = 6},
	{.header = "R_KB", .field = "read_bytes", .width = 7, .divisor = 1024},
	{.header = "W_KB", .field = "write_bytes", .width = 7, .divisor = 1024},
	{.header = "T", .field = "type"},
	{.header = "FILE", .field = "path"},
};

static const struct eun_tool_option filetop_options[] = {
	{.name = "all", .letter = 'a', .help = "sockets, pipes and devices too", .set = "all=true"},
};

static const struct eun_column statsnoop_columns[] = {
	{.header = "PID", .field = "pid"},           {.header = "COMM", .field = "comm", .width = 16},
	{.header = "FD", .field = "fd", .width = 3}, {.header = "ERR", .field = "ret"},
	{.header = "PATH", .field = "path"},
};

static const struct eun_tool_option statsnoop_options[] = {
	{.name = "timestamp",
	 .letter = 't',
	 .help = "when, by which call, and how",
	 .columns = "time,call,flags,access"},
};

static const struct eun_column fileslower_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "OP", .field = "op", .width = 5},
	{.header = "BYTES", .field = "bytes", .width = 7},
	{.header = "OFF_KB", .field = "offset", .width = 7, .divisor = 1024},
	{.header = "LAT_MS", .field = "latency_ns", .width = 7, .decimals = 2, .divisor = 1000000},
	{.header = "FILE", .field = "path"},
};

static const struct eun_tool_option fileslower_options[] = {
	{.name = "min-ms", .value = "MS", .help = "calls that took at least so long (10)", .set = "slow=$ms"},
	{.name = "all", .letter = 'a', .help = "sockets, pipes and devices too", .set = "all=true"},
};

static const struct eun_column filelife_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "AGE_S", .field = "age_ns", .width = 7, .decimals = 2, .divisor = 1000000000},
	{.header = "FILE", .field = "path"},
};

static const struct eun_column mountsnoop_columns[] = {
	{.header = "COMM", .field = "comm", .width = 16},
	{.header = "PID", .field = "pid"},
	{.header = "TID", .field = "tid"},
	{.header = "MNT_NS", .field = "mntns"},
	{.header = "CALL", .field = "call", .width = 10},
	{.header = "RET", .field = "ret"},
	{.header = "LAT", .field = "latency_ns", .width = 7, .divisor = 1000},
	{.header = "SOURCE", .field = "source"},
	{.header = "TARGET", .field = "path"},
	{.header = "FSTYPE", .field = "fstype"},
	{.header = "FLAGS", .field = "flags", .width = 5},
};

static const struct eun_tool_option mountsnoop_options[] = {
	{.name = "detailed",
	 .letter = 'd',
	 .help = "more of the call's arguments",
	 .columns = "mount_flags,umount_flags,key,data"},
};

static const struct eun_tool tools[] = {
	{.name = "opensnoop",
	 .help = "files that are opened, with their resolved paths",
	 .stream = FILES_OPEN,
	 .columns = EUN_TABLE(opensnoop_columns),
	 .options = EUN_TABLE(opensnoop_options)},
	{.name = "filetop",
	 .help = "files by how much is read and written",
	 .stream = FILES_IO,
	 .interval_ms = 1000,
	 .columns = EUN_TABLE(filetop_columns),
	 .options = EUN_TABLE(filetop_options),
	 .sort = "-bytes,-count",
	 .key = "tid,dev,inode"},
	{.name = "fileslower",
	 .help = "reads, writes and syncs that take long",
	 .stream = FILES_SLOW,
	 .columns = EUN_TABLE(fileslower_columns),
	 .options = EUN_TABLE(fileslower_options)},
	{.name = "filelife",
	 .help = "files that are created and deleted, and their age",
	 .stream = FILES_LIFE,
	 .columns = EUN_TABLE(filelife_columns)},
	{.name = "mountsnoop",
	 .help = "changes to the tree of mounts; LAT in microseconds",
	 .stream = FILES_MOUNT,
	 .columns = EUN_TABLE(mountsnoop_columns),
	 .options = EUN_TABLE(mountsnoop_options)},
	{.name = "statsnoop",
	 .help = "files that are asked about",
	 .stream = FILES_STAT,
	 .columns = EUN_TABLE(statsnoop_columns),
	 .options = EUN_TABLE(statsnoop_options)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "files",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "files: opened, closed, named, changed, mounted, read and written",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.options = EUN_TABLE(options),
	.programs = EUN_TABLE(programs),
	.aggregates = EUN_TABLE(aggregates),
	.tools = EUN_TABLE(tools),
	.metrics = EUN_TABLE(metrics),
};
