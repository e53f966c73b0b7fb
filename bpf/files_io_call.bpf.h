/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Reads, writes and syncs one by one, with the time that each took. A fast one costs little where only slow ones are
 * asked for: two look-ups and the clock at its begin, two and a comparison at its end. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_IO_CALL_BPF_H
#define EUNOMIA_FILES_IO_CALL_BPF_H

/* files.slow: calls that took at least so long. */
const volatile u64 files_slow_ns = 10000000;

/*
 * key: thread id; value: when its call began, 0: none is under way. Inserted by a thread's first call, written in place
 * by each begin and end: nothing is allocated and freed call by call. Bound: 8192 threads; of more the one whose last
 * call is the longest ago, the time of whose call is not known then.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, u64);
} files_io_begun SEC(".maps");

static __always_inline int files_io_call_begins(void)
{
	if (!eun_meant(FILES_IO_CALL) && !eun_meant(FILES_SLOW))
		return 0;
	u32 tid = bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_boot_ns();
	u64 *begun = bpf_map_lookup_elem(&files_io_begun, &tid);
	if (begun)
		*begun = now;
	else
		bpf_map_update_elem(&files_io_begun, &tid, &now, BPF_ANY);
	return 0;
}

SEC("?tp")
int io_call_enter(struct trace_event_raw_sys_enter *ctx)
{
	return files_io_call_begins();
}

/* How long the call took that ends; 0: not known. */
static __always_inline u64 files_latency(void)
{
	u32 tid = bpf_get_current_pid_tgid();
	u64 *begun = bpf_map_lookup_elem(&files_io_begun, &tid);
	if (!begun || !*begun)
		return 0;
	u64 latency = bpf_ktime_get_boot_ns() - *begun;
	*begun = 0;
	return latency;
}

/* Where the bytes of a call began. */
static __always_inline s64 files_offset(struct file *file, u8 type, const struct files_side *side, u64 bytes)
{
	s64 offset = 0;
	u64 arg = side->start == AT_POINTER ? eun_arg(side->offset) : eun_arg_64(side->offset);
	if (side->op == FILES_SYNC)
		return -1;
	if (side->start == AT_ARGUMENT && arg != -1ull)
		return arg;
	if (side->start == AT_POINTER && arg) {
		u32 size = eun_in_ia32_call(EUN_IA32_NR_sendfile) ? sizeof(u32) : sizeof(u64);
		return bpf_probe_read_user(&offset, size, (void *)arg) ? -1 : offset - (s64)bytes;
	}
	return type == S_IFREG || type == S_IFBLK ? BPF_CORE_READ(file, f_pos) - (s64)bytes : -1;
}

/* One call on one file, in one stream. Global, or the verifier would check it for each. `side`: of a struct files_side.
 */
__noinline int files_report(u32 stream, u32 nr, u32 i, s64 ret, u64 latency)
{
	const struct files_transfer *t = &files_transfers[nr & (NR_CALLS - 1)];
	const struct files_side *side = &t->side[i & 1];
	u64 sets = eun_enter(stream);
	if (!sets)
		return 0;
	int fd = eun_arg(side->fd);
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	if (!files_counts(BPF_CORE_READ(inode, i_mode) >> 12)) {
		eun_count(stream, not_where, 1);
		return 0;
	}
	struct eun_slot *s = eun_make(stream, sizeof(struct files_io_call), sets);
	if (!s)
		return 0;
	struct files_io_call *e = eun_record(s);
	e->call = t->call;
	e->op = side->op;
	e->fd = fd;
	e->ret = ret;
	e->bytes = ret > 0 ? ret : 0;
	e->offset = -1;
	e->latency_ns = latency;
	if (file) {
		files_add_file(s, &e->file, &e->path, NULL, file);
		e->offset = files_offset(file, e->file.type, side, e->bytes);
	}
	eun_submit(s);
	return 0;
}

/* A call that was not slow, or of which that is not known, as it began before the host did. */
static __always_inline void files_was_fast(void)
{
	if (eun_enter(FILES_SLOW))
		eun_count(FILES_SLOW, not_where, 1);
}

static __always_inline int files_io_call_ends(u64 nr, s64 ret)
{
	const struct files_transfer *t = &files_transfers[nr & (NR_CALLS - 1)];
	u64 latency = files_latency();
	bool slow = latency && latency >= files_slow_ns;
	for (u32 i = 0; i < 2; i++) {
		if (!t->side[i].fd)
			break;
		files_report(FILES_IO_CALL, nr, i, ret, latency);
		if (slow)
			files_report(FILES_SLOW, nr, i, ret, latency);
		else
			files_was_fast();
	}
	return 0;
}

SEC("?tp")
int io_call_exit(struct trace_event_raw_sys_exit *ctx)
{
	return files_io_call_ends(ctx->id, ctx->ret);
}

#endif
