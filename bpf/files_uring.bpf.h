/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Opens that io_uring does: no system call's tracepoint sees them. The text is taken from the request when it is
 * submitted, the file and the result when it completes, in whichever of the submitter's threads (the kernel's workers
 * share its files). Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_URING_BPF_H
#define EUNOMIA_FILES_URING_BPF_H

/* enum io_uring_op, include/uapi/linux/io_uring.h */
#define IORING_OP_OPENAT 18
#define IORING_OP_OPENAT2 28
#define IOSQE_CQE_SKIP_SUCCESS (1 << 6) /* kept in io_kiocb.flags */
#define EINPROGRESS 115

static __always_inline bool files_is_uring_open(struct io_kiocb *req)
{
	u8 opcode = BPF_CORE_READ(req, opcode);
	return opcode == IORING_OP_OPENAT || opcode == IORING_OP_OPENAT2;
}

/* What the text says, where there is no file: the open failed, or nothing more will be heard of it. */
static __always_inline void files_add_uring_text(struct eun_slot *s, int dirfd, const char *text)
{
	struct files_open *e = eun_record(s);
	e->path_source = FILES_FROM_USER;
	if (text)
		eun_add_path_at(s, &e->at.path, &e->at.dir, &e->at.name, dirfd, text, true);
}

/*
 * The submitter wants no completion but for a failure (IOSQE_CQE_SKIP_SUCCESS): this is all that will be seen for sure.
 */
static __always_inline void files_uring_blind(struct io_open *open)
{
	u64 sets = eun_enter(FILES_OPEN);
	struct eun_slot *s = sets ? eun_make_seldom(FILES_OPEN, sizeof(struct files_open), sets) : NULL;
	if (!s)
		return;
	struct files_open *e = eun_record(s);
	e->call = FILES_CALL_io_uring;
	e->ret = -EINPROGRESS;
	e->fd = -1;
	e->flags = BPF_CORE_READ(open, how.flags);
	files_add_uring_text(s, BPF_CORE_READ(open, dfd), BPF_CORE_READ(open, filename, name));
	eun_submit(s);
}

static __noinline int files_uring_submitted(struct io_kiocb *req)
{
	if (!eun_wanted(FILES_OPEN) || !files_is_uring_open(req) || !eun_meant(FILES_OPEN))
		return 0;
	struct io_open *open = (void *)req; /* the request's first bytes are the command's own */
	bool blind = BPF_CORE_READ(req, flags) & IOSQE_CQE_SKIP_SUCCESS;
	if (blind)
		files_uring_blind(open);
	struct eun_slot *s = eun_slot_take();
	if (!s)
		return 0;
	struct files_begun *b = eun_record(s);
	u64 key = (u64)req;
	__builtin_memset(b, 0, sizeof(*b));
	b->reported = blind;
	b->dirfd = BPF_CORE_READ(open, dfd);
	b->flags = BPF_CORE_READ(open, how.flags);
	if (bpf_probe_read_kernel_str(b->text[0], FILES_TEXT, BPF_CORE_READ(open, filename, name)) > 0)
		b->read = 1;
	bpf_map_update_elem(&files_begun, &key, b, BPF_ANY);
	eun_drop(s);
	return 0;
}

/* Until 6.2. */
SEC("?tp")
int uring_submit_sqe(struct trace_event_raw_io_uring_submit_sqe___6_2 *ctx)
{
	return files_uring_submitted(ctx->req);
}

/* Since 6.3. */
SEC("?tp")
int uring_submit_req(struct trace_event_raw_io_uring_submit_req___6_3 *ctx)
{
	return files_uring_submitted(ctx->req);
}

static __always_inline void files_uring_report(struct io_kiocb *req, int res, const struct files_begun *b)
{
	u64 sets = eun_enter(FILES_OPEN);
	struct eun_slot *s = sets ? eun_make_seldom(FILES_OPEN, sizeof(struct files_open), sets) : NULL;
	if (!s)
		return;
	struct io_open *open = (void *)req;
	struct files_open *e = eun_record(s);
	e->call = FILES_CALL_io_uring;
	e->ret = res < 0 ? res : 0;
	/* a file that goes to a slot of the ring's own table has no descriptor: the result is 0 */
	e->fd = res < 0 || BPF_CORE_READ(open, file_slot) ? -1 : res;
	e->flags = b ? b->flags : 0;
	if (e->fd < 0 || !files_add_opened(s, e)) {
		files_add_uring_text(s, b ? b->dirfd : 0, b && b->read ? b->text[0] : NULL);
		if (b && b->text[0][FILES_TEXT - 2])
			eun_flag(s, EUN_TRUNCATED);
	} else {
		files_add_rest(e);
	}
	eun_submit(s);
}

SEC("?tp")
int uring_complete(struct trace_event_raw_io_uring_complete *ctx)
{
	if (!bpf_core_field_exists(ctx->req)) /* before 5.18 the event does not say whose it is */
		return 0;
	struct io_kiocb *req = ctx->req;
	if (!eun_wanted(FILES_OPEN) || !files_is_uring_open(req))
		return 0;
	u64 key = (u64)req;
	struct files_begun *b = bpf_map_lookup_elem(&files_begun, &key);
	if (!b || !b->reported)
		files_uring_report(req, ctx->res, b);
	if (b)
		bpf_map_delete_elem(&files_begun, &key);
	return 0;
}

#endif
