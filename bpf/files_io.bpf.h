/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Reads, writes and syncs, added up by thread and file. Part of files.bpf.c. */
#ifndef EUNOMIA_FILES_IO_BPF_H
#define EUNOMIA_FILES_IO_BPF_H

#define S_IFBLK 06
#define S_IFREG 010

/* Sockets, pipes, devices... too. */
const volatile bool files_all = false;

/* Where in the file a call starts: by the file's position (it has moved on when the call ends), by an argument, or by
 * a number that an argument points to (and that has moved on). */
enum files_start { AT_POSITION, AT_ARGUMENT, AT_POINTER };

/* One file that a call works on; sendfile and copy_file_range have two. `fd` and `offset` are enum files_arg. */
struct files_side {
	u8 fd, op, start, offset;
};

struct files_transfer {
	u8 call;
	struct files_side side[2];
};

#define TRANSFER(name, ...) [NR_##name] = {.call = FILES_CALL_##name, .side = {__VA_ARGS__}}

static const struct files_transfer files_transfers[NR_CALLS] = {
	TRANSFER(read, {.fd = FIRST, .op = FILES_READ}),
	TRANSFER(readv, {.fd = FIRST, .op = FILES_READ}),
	TRANSFER(pread64, {.fd = FIRST, .op = FILES_READ, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(preadv, {.fd = FIRST, .op = FILES_READ, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(preadv2, {.fd = FIRST, .op = FILES_READ, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(write, {.fd = FIRST, .op = FILES_WRITE}),
	TRANSFER(writev, {.fd = FIRST, .op = FILES_WRITE}),
	TRANSFER(pwrite64, {.fd = FIRST, .op = FILES_WRITE, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(pwritev, {.fd = FIRST, .op = FILES_WRITE, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(pwritev2, {.fd = FIRST, .op = FILES_WRITE, .start = AT_ARGUMENT, .offset = FOURTH}),
	TRANSFER(fsync, {.fd = FIRST, .op = FILES_SYNC}),
	TRANSFER(fdatasync, {.fd = FIRST, .op = FILES_SYNC}),
	TRANSFER(sync_file_range, {.fd = FIRST, .op = FILES_SYNC}),
	TRANSFER(sendfile, {.fd = SECOND, .op = FILES_READ, .start = AT_POINTER, .offset = THIRD},
		 {.fd = FIRST, .op = FILES_WRITE}),
	TRANSFER(copy_file_range, {.fd = FIRST, .op = FILES_READ, .start = AT_POINTER, .offset = SECOND},
		 {.fd = THIRD, .op = FILES_WRITE, .start = AT_POINTER, .offset = FOURTH}),
};

struct files_row_key {
	u32 epoch;
	u32 dev;    /* as the kernel has it */
	u64 thread; /* as bpf_get_current_pid_tgid() has it */
	u64 inode;
};

/* A row with the target sets behind it, as eun_row_insert() writes it. */
struct files_row {
	struct files_io io;
	u64 sets;
};

/*
 * key: epoch, thread and file; inserted by the first call of an interval, added to by the others, drained and deleted
 * by the host. Bound: the option `rows`; events that find no place are counted as full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct files_row_key);
	__type(value, struct files_row);
} files_rows SEC(".maps");

static __always_inline bool files_counts(u8 type)
{
	return files_all || type == S_IFREG;
}

/* The end of the path, which is what a table has space for. */
static __always_inline void files_row_path(struct eun_slot *s, struct files_io *io, struct file *file)
{
	eun_ref path = 0;
	eun_add_file_path(s, &path, NULL, file);
	u32 len = EUN_REF_LEN(path), off = EUN_REF_OFF(path);
	if (len > FILES_IO_PATH - 1) {
		off += len - (FILES_IO_PATH - 1);
		len = FILES_IO_PATH - 1;
		eun_flag(s, EUN_TRUNCATED);
	}
	EUN_HIDE(len);
	EUN_HIDE(off);
	len &= FILES_IO_PATH - 1;
	off &= EUN_RECORD_MAX - 1;
	bpf_probe_read_kernel(io->path, len, s->rec + off);
	s->len = sizeof(*io);
}

/* Adds one call. No one else writes to the row: its key has the thread; and no one reads it before the next epoch. */
static __always_inline void files_row_add(struct files_io *io, u32 op, s64 ret)
{
	u64 bytes = ret > 0 && op != FILES_SYNC ? ret : 0;
	io->count++;
	io->errors += ret < 0;
	io->bytes += bytes;
	if (op == FILES_READ) {
		io->reads++;
		io->read_bytes += bytes;
	} else if (op == FILES_WRITE) {
		io->writes++;
		io->write_bytes += bytes;
	} else {
		io->syncs++;
	}
}

/* The first call of a thread on a file. A global function, checked apart: it is the way that is seldom gone. */
__noinline int files_row_new(int fd, u32 op, s64 ret, u64 sets)
{
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct eun_slot *s = eun_make_seldom(FILES_IO, sizeof(struct files_io), sets);
	if (!s)
		return 0;
	struct files_io *io = eun_record(s);
	struct files_row_key key = {
		.epoch = eun_epoch(FILES_IO),
		.dev = BPF_CORE_READ(inode, i_sb, s_dev),
		.thread = bpf_get_current_pid_tgid(),
		.inode = BPF_CORE_READ(inode, i_ino),
	};
	io->inode = key.inode;
	io->dev = eun_dev(key.dev);
	io->type = BPF_CORE_READ(inode, i_mode) >> 12;
	files_row_path(s, io, file);
	files_row_add(io, op, ret);
	eun_count(FILES_IO, aggregated, 1);
	if (eun_row_insert(s, &files_rows, &key))
		eun_count(FILES_IO, full, 1);
	return 0;
}

/* The type of the file behind a descriptor (0: there is none), and what identifies it. */
static __always_inline u8 files_identify(struct files_row_key *key, int fd, bool quick)
{
	if (quick) {
		struct file *file = quick_file(quick_task(bpf_get_current_task_btf()), fd);
		struct inode *inode = file ? file->f_inode : NULL;
		if (!inode)
			return 0;
		key->inode = inode->i_ino;
		key->dev = inode->i_sb->s_dev;
		return inode->i_mode >> 12;
	}
	struct inode *inode = BPF_CORE_READ(eun_fd_file(fd), f_inode);
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	return BPF_CORE_READ(inode, i_mode) >> 12;
}

static __always_inline void files_aggregate(int fd, u32 op, s64 ret, bool quick)
{
	u64 sets = eun_enter(FILES_IO);
	if (!sets)
		return;
	struct files_row_key key = {.epoch = eun_epoch(FILES_IO), .thread = bpf_get_current_pid_tgid()};
	if (!files_counts(files_identify(&key, fd, quick))) {
		eun_count(FILES_IO, not_where, 1);
		return;
	}
	struct files_row *row = bpf_map_lookup_elem(&files_rows, &key);
	if (!row) {
		files_row_new(fd, op, ret, sets);
		return;
	}
	row->sets |= sets;
	files_row_add(&row->io, op, ret);
	eun_count(FILES_IO, aggregated, 1);
}

static __always_inline int files_transferred(u64 nr, s64 ret, bool quick)
{
	const struct files_transfer *t = &files_transfers[nr & (NR_CALLS - 1)];
	const struct pt_regs *regs = eun_call_regs();
	for (int i = 0; i < 2; i++) {
		const struct files_side *side = &t->side[i];
		int fd = eun_arg_in(regs, FIRST);
		if (side->fd == NONE)
			break;
		if (side->fd == SECOND)
			fd = eun_arg_in(regs, SECOND);
		else if (side->fd == THIRD)
			fd = eun_arg_in(regs, THIRD);
		files_aggregate(fd, side->op, ret, quick);
	}
	return 0;
}

SEC("?tp")
int io_exit(struct trace_event_raw_sys_exit *ctx)
{
	return files_transferred(ctx->id, ctx->ret, EUN_CASTS);
}

/* As open_exit_plain. */
SEC("?tp")
int io_exit_plain(struct trace_event_raw_sys_exit *ctx)
{
	return files_transferred(ctx->id, ctx->ret, false);
}

#endif
