/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* bpf(2): what is loaded, made, attached, pinned. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_BPF_BPF_H
#define EUNOMIA_PROCESS_BPF_BPF_H

enum process_bpf_cmd {
	BPF_MAP_CREATE = 0,
	BPF_PROG_LOAD = 5,
	BPF_OBJ_PIN = 6,
	BPF_OBJ_GET = 7,
	BPF_PROG_ATTACH = 8,
	BPF_PROG_DETACH = 9,
	BPF_PROG_TEST_RUN = 10,
	BPF_PROG_GET_FD_BY_ID = 13,
	BPF_MAP_GET_FD_BY_ID = 14,
	BPF_RAW_TRACEPOINT_OPEN = 17,
	BPF_LINK_CREATE = 28,
	BPF_LINK_GET_FD_BY_ID = 30,
};

/* Those that only look at elements and lists: a map's user makes them all the time. */
#define BPF_QUIET                                                                                                 \
	(1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 4 /* elements of a map */ | 1ull << 11 | 1ull << 12 |        \
	 1ull << 23 | 1ull << 31 /* next identities */ | 1ull << 15 | 1ull << 16 | 1ull << 20 /* information */ | \
	 1ull << 21 | 1ull << 22 | 1ull << 24 | 1ull << 25 | 1ull << 26 | 1ull << 27 /* elements again */)

/* What a descriptor is of: the bits are of enum process_bpf_cmd. */
#define BPF_GIVES_PROG (1ull << BPF_PROG_LOAD | 1ull << BPF_PROG_GET_FD_BY_ID)
#define BPF_GIVES_MAP (1ull << BPF_MAP_CREATE | 1ull << BPF_MAP_GET_FD_BY_ID)
#define BPF_GIVES_LINK (1ull << BPF_RAW_TRACEPOINT_OPEN | 1ull << BPF_LINK_CREATE | 1ull << BPF_LINK_GET_FD_BY_ID)

static __always_inline void add_prog(struct process_bpf *e, struct bpf_prog *prog)
{
	e->prog_type = BPF_CORE_READ(prog, type);
	e->id = BPF_CORE_READ(prog, aux, id);
	BPF_CORE_READ_STR_INTO(&e->name, prog, aux, name);
	e->source = PROCESS_FROM_KERNEL;
}

/* What the caller says: union bpf_attr (include/uapi/linux/bpf.h) by offsets. */
static __always_inline void add_attr(struct eun_slot *s, struct process_bpf *e, u64 attr)
{
	u32 cmd = e->cmd;
	e->source = PROCESS_FROM_USER;
	if (cmd == BPF_PROG_LOAD) {
		e->prog_type = process_user(attr, 0, u32);
		e->insns = process_user(attr, 4, u32);
		e->attach_type = process_user(attr, 68, u32);
		bpf_probe_read_user_str(e->name, sizeof(e->name), (void *)attr + 48);
	} else if (cmd == BPF_MAP_CREATE) {
		e->map_type = process_user(attr, 0, u32);
		bpf_probe_read_user_str(e->name, sizeof(e->name), (void *)attr + 28);
	} else if (cmd == BPF_LINK_CREATE || cmd == BPF_PROG_ATTACH || cmd == BPF_PROG_DETACH) {
		e->attach_type = process_user(attr, 8, u32);
	} else if (cmd == BPF_RAW_TRACEPOINT_OPEN || cmd == BPF_OBJ_PIN || cmd == BPF_OBJ_GET) {
		eun_add_user_string(s, &e->target, (void *)process_user(attr, 0, u64));
	}
}

/* And what the kernel made of it, where the call went well. */
static __always_inline void add_object(struct process_bpf *e, u64 attr)
{
	u64 bit = 1ull << (e->cmd & 63);
	int fd = e->ret;
	if (e->cmd == BPF_PROG_ATTACH)
		fd = process_user(attr, 4, s32);
	else if (e->cmd == BPF_PROG_TEST_RUN)
		fd = process_user(attr, 0, s32);
	struct file *file = eun_fd_file(fd);
	void *object = BPF_CORE_READ(file, private_data);
	if (!object)
		return;
	if (bit & BPF_GIVES_MAP) {
		struct bpf_map *map = object;
		e->map_type = BPF_CORE_READ(map, map_type);
		e->id = BPF_CORE_READ(map, id);
		BPF_CORE_READ_STR_INTO(&e->name, map, name);
		e->source = PROCESS_FROM_KERNEL;
	} else if (bit & BPF_GIVES_LINK) {
		struct bpf_link *link = object;
		add_prog(e, BPF_CORE_READ(link, prog));
		e->id = BPF_CORE_READ(link, id);
	} else if (bit & BPF_GIVES_PROG || e->cmd == BPF_PROG_ATTACH || e->cmd == BPF_PROG_TEST_RUN) {
		struct bpf_prog *prog = object;
		add_prog(e, prog);
		if (e->cmd == BPF_PROG_LOAD)
			e->attach_type = BPF_CORE_READ(prog, expected_attach_type);
	}
}

__noinline int bpf_done(s32 ret)
{
	u32 cmd = eun_arg(FIRST);
	if (cmd < 64 && BPF_QUIET >> cmd & 1)
		return 0;
	struct eun_slot *s = call_slot(call_begin(PROCESS_BPF), sizeof(struct process_bpf));
	if (!s)
		return 0;
	struct process_bpf *e = eun_record(s);
	u64 attr = eun_arg(SECOND);
	e->cmd = cmd;
	e->ret = ret;
	add_attr(s, e, attr);
	if (ret >= 0 && cmd < 64)
		add_object(e, attr);
	eun_submit(s);
	return 0;
}

#endif
