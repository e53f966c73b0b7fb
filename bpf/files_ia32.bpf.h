/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls of 32-bit programs, brought to what handles all others. A function for each family: the verifier checks it
 * apart, with a stack of its own. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_IA32_BPF_H
#define EUNOMIA_FILES_IA32_BPF_H

/* Each call of files_calls[] has one of these, and no row that is empty. */
static __always_inline bool files_has_call(const struct files_call *call)
{
	return call->stream || call->path || call->flags;
}

static __always_inline bool files_is_transfer(u32 nr)
{
	return files_transfers[nr & (NR_CALLS - 1)].side[0].fd;
}

/* Calls and slow ones are told by the same programs. */
static __always_inline bool files_serves_io_calls(void)
{
	return eun_serves(FILES_IO_CALL) || eun_serves(FILES_SLOW);
}

static __always_inline bool files_serves_paths(void)
{
	return eun_served &
	       (1 << FILES_RENAME | 1 << FILES_UNLINK | 1 << FILES_LINK | 1 << FILES_CHMOD | 1 << FILES_CHOWN |
		1 << FILES_TRUNCATE | 1 << FILES_MKDIR | 1 << FILES_MKNOD | 1 << FILES_MOUNT);
}

__noinline int ia32_path_begins(u32 nr)
{
	files_path_begins(nr);
	return 0;
}

__noinline int ia32_closes(int fd)
{
	return files_closes(fd);
}

__noinline int ia32_io_call_begins(void)
{
	return files_io_call_begins();
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(ia32_enter, struct pt_regs *regs, long id)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	const struct files_call *call = files_call(nr);
	if (nr == NR_close)
		return eun_serves(FILES_CLOSE) ? ia32_closes(eun_arg(FIRST)) : 0;
	if (files_is_transfer(nr))
		return files_serves_io_calls() ? ia32_io_call_begins() : 0;
	if (files_serves_paths() && call->stream != FILES_OPEN && call->stream != FILES_STAT)
		ia32_path_begins(nr);
	return 0;
}

__noinline int ia32_opened(u32 nr, s64 ret)
{
	return files_opened(nr, ret, false);
}

__noinline int ia32_life_begins(s64 ret)
{
	return files_life_begins(ret);
}

__noinline int ia32_asked(u32 nr, s64 ret)
{
	return files_asked(nr, ret);
}

__noinline int ia32_transferred(u32 nr, s64 ret)
{
	return files_transferred(nr, ret, false);
}

__noinline int ia32_io_call_ends(u32 nr, s64 ret)
{
	return files_io_call_ends(nr, ret);
}

__noinline int ia32_path_ends(u32 nr, s64 ret)
{
	files_path_ends(nr, ret);
	return 0;
}

__noinline int ia32_life_changes(u32 nr, s64 ret)
{
	return files_life_changes(nr, ret);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(ia32_exit, struct pt_regs *regs, long ret)
{
	u32 nr = eun_ia32_call(regs);
	if (nr >= NR_CALLS)
		return 0;
	const struct files_call *call = files_call(nr);
	if (files_is_transfer(nr)) {
		if (eun_serves(FILES_IO))
			ia32_transferred(nr, ret);
		if (files_serves_io_calls())
			ia32_io_call_ends(nr, ret);
	} else if (!files_has_call(call)) {
		return 0;
	} else if (call->stream == FILES_OPEN) {
		if (eun_serves(FILES_OPEN))
			ia32_opened(nr, ret);
		if (eun_serves(FILES_LIFE))
			ia32_life_begins(ret);
	} else if (call->stream == FILES_STAT) {
		if (eun_serves(FILES_STAT))
			ia32_asked(nr, ret);
	} else {
		if (files_serves_paths())
			ia32_path_ends(nr, ret);
		if (eun_serves(FILES_LIFE) && files_names(call))
			ia32_life_changes(nr, ret);
	}
	return 0;
}

#endif
