/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Reads, writes and syncs: added up by thread and file, or one by one. Part of files.bpf.c. */
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
	u32 epoch, pad;
	u64 thread; /* as bpf_get_current_pid_tgid() has it */
	u64 inode, dev;
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

/* Adds one call. `add` is the instruction that does it: the row may be another's to read at this moment. */
static __always_inline void files_row_add(struct files_io *io, u32 op, long ret)
{
	u64 bytes = ret > 0 ? ret : 0;
	__sync_fetch_and_add(&io->count, 1);
	if (op == FILES_READ)
		__sync_fetch_and_add(&io->reads, 1);
	else if (op == FILES_WRITE)
		__sync_fetch_and_add(&io->writes, 1);
	else
		__sync_fetch_and_add(&io->syncs, 1);
	if (ret < 0)
		__sync_fetch_and_add(&io->errors, 1);
	if (op == FILES_SYNC || !bytes)
		return;
	__sync_fetch_and_add(&io->bytes, bytes);
	__sync_fetch_and_add(op == FILES_READ ? &io->read_bytes : &io->write_bytes, bytes);
}

/* The key has the thread in it, so no one else can be inserting the same row. */
static __always_inline void files_row_new(struct files_row_key *key, u64 sets, struct file *file, u8 type, u32 op,
					  long ret)
{
	struct eun_slot *s = eun_make(FILES_IO, sizeof(struct files_io), sets);
	if (!s)
		return;
	struct files_io *io = eun_record(s);
	io->inode = key->inode;
	io->dev = key->dev;
	io->type = type;
	files_row_path(s, io, file);
	files_row_add(io, op, ret);
	eun_count(FILES_IO, aggregated, 1);
	if (eun_row_insert(s, &files_rows, key))
		eun_count(FILES_IO, full, 1);
}

__noinline int files_aggregate(int fd, u32 op, s64 ret)
{
	u64 sets = eun_enter(FILES_IO);
	if (!sets)
		return 0;
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u8 type = BPF_CORE_READ(inode, i_mode) >> 12;
	if (!file || !files_counts(type)) {
		eun_count(FILES_IO, not_where, 1);
		return 0;
	}
	struct files_row_key key = {
		.epoch = eun_epoch(FILES_IO),
		.thread = bpf_get_current_pid_tgid(),
		.inode = BPF_CORE_READ(inode, i_ino),
		.dev = eun_dev(BPF_CORE_READ(inode, i_sb, s_dev)),
	};
	struct files_row *row = bpf_map_lookup_elem(&files_rows, &key);
	if (row) {
		if (sets & ~row->sets)
			__sync_fetch_and_or(&row->sets, sets);
		files_row_add(&row->io, op, ret);
		eun_count(FILES_IO, aggregated, 1);
	} else {
		files_row_new(&key, sets, file, type, op, ret);
	}
	return 0;
}

/* Where the bytes of a call began. */
static __always_inline s64 files_offset(struct file *file, u8 type, const struct files_side *side, u64 bytes)
{
	s64 offset = -1;
	u64 arg = files_arg(side->offset);
	if (side->op == FILES_SYNC)
		return -1;
	if (side->start == AT_ARGUMENT && arg != -1ull)
		return arg;
	if (side->start == AT_POINTER && arg)
		return bpf_probe_read_user(&offset, sizeof(offset), (void *)arg) ? -1 : offset - (s64)bytes;
	return type == S_IFREG || type == S_IFBLK ? BPF_CORE_READ(file, f_pos) - (s64)bytes : -1;
}

__noinline int files_report(u32 nr, u32 i, int fd, s64 ret)
{
	const struct files_transfer *t = &files_transfers[nr & (NR_CALLS - 1)];
	const struct files_side *side = &t->side[i & 1];
	u64 sets = eun_enter(FILES_IO_CALL);
	if (!sets)
		return 0;
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	if (!files_counts(BPF_CORE_READ(inode, i_mode) >> 12)) {
		eun_count(FILES_IO_CALL, not_where, 1);
		return 0;
	}
	struct eun_slot *s = eun_make(FILES_IO_CALL, sizeof(struct files_io_call), sets);
	if (!s)
		return 0;
	struct files_io_call *e = eun_record(s);
	e->call = t->call;
	e->op = side->op;
	e->fd = fd;
	e->ret = ret;
	e->bytes = ret > 0 ? ret : 0;
	e->offset = -1;
	if (file) {
		files_add_file(s, &e->file, &e->path, NULL, file);
		e->offset = files_offset(file, e->file.type, side, e->bytes);
	}
	eun_submit(s);
	return 0;
}

SEC("?tp")
int io_exit(struct trace_event_raw_sys_exit *ctx)
{
	const struct files_transfer *t = &files_transfers[(u64)ctx->id & (NR_CALLS - 1)];
	bool rows = eun_wanted(FILES_IO), calls = eun_wanted(FILES_IO_CALL);
	for (int i = 0; i < 2; i++) {
		const struct files_side *side = &t->side[i];
		if (!side->fd)
			break;
		int fd = files_arg(side->fd);
		if (rows)
			files_aggregate(fd, side->op, ctx->ret);
		if (calls)
			files_report(ctx->id, i, fd, ctx->ret);
	}
	return 0;
}

#endif
