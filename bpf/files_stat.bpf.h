/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls that ask about a file: stat's family, statfs, access, readlink. There are many of them, so a text is read
 * once, when the call ends. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_STAT_BPF_H
#define EUNOMIA_FILES_STAT_BPF_H

/* The descriptor that a call asks about; -1: a path. An empty text, or none, may stand for the directory's. */
static __always_inline int files_asked_fd(const struct files_call *call, u32 flags)
{
	char first = 0;
	if (!call->path)
		return eun_arg(call->dirfd);
	if (!call->dirfd || !(flags & AT_EMPTY_PATH))
		return -1;
	bpf_probe_read_user(&first, sizeof(first), (void *)eun_arg(call->path));
	return first ? -1 : (int)eun_arg(call->dirfd);
}

static __always_inline int files_asked(u32 nr, s64 ret)
{
	struct eun_slot *s = eun_begin(FILES_STAT, sizeof(struct files_stat));
	if (!s)
		return 0;
	const struct files_call *call = files_call(nr);
	struct files_stat *e = eun_record(s);
	e->p.ret = ret;
	e->p.call = call->call;
	e->p.flags = eun_arg(call->flags);
	e->access = eun_arg(call->value[0]);
	e->fd = files_asked_fd(call, e->p.flags);
	struct file *file = e->fd >= 0 ? eun_fd_file(e->fd) : NULL;
	if (file) {
		eun_add_file_path(s, &e->p.at.path, NULL, file);
	} else if (call->path) {
		e->p.path_source = FILES_FROM_USER;
		eun_add_path_at(s, &e->p.at.path, &e->p.at.dir, &e->p.at.name, files_dirfd(call->dirfd),
				(void *)eun_arg(call->path), false);
	}
	if (e->fd < 0)
		e->fd = -1;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int stat_exit(struct trace_event_raw_sys_exit *ctx)
{
	return files_asked(ctx->id, ctx->ret);
}

#endif
