/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Modules that come into the kernel and leave it. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_MODULE_BPF_H
#define EUNOMIA_PROCESS_MODULE_BPF_H

struct process_loaded {
	u64 taints;
	char name[PROCESS_MODULE_NAME];
};

/*
 * key: struct task_struct, value: the module that its current call loads or frees. Inserted when the kernel knows it,
 * read and deleted at the call's end. Bound: 64 threads in such a call at once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, struct process_loaded);
} process_modules SEC(".maps");

/* `name`: where it is in the tracepoint's record, in the low half, as it is in a record of ours. */
static __always_inline int module_known(void *record, u32 name, u64 taints)
{
	struct process_loaded loaded = {.taints = taints};
	u64 key = bpf_get_current_task();
	if (!eun_meant(PROCESS_MODULE))
		return 0;
	bpf_probe_read_kernel_str(loaded.name, sizeof(loaded.name), record + EUN_REF_OFF(name));
	bpf_map_update_elem(&process_modules, &key, &loaded, BPF_ANY);
	return 0;
}

SEC("?tp")
int process_module_load(struct trace_event_raw_module_load___modules *ctx)
{
	return module_known(ctx, ctx->__data_loc_name, ctx->taints);
}

SEC("?tp")
int process_module_free(struct trace_event_raw_module_free___modules *ctx)
{
	return module_known(ctx, ctx->__data_loc_name, 0);
}

/* The end of init_module, finit_module, delete_module. */
static __always_inline int module_done(u32 nr, s64 ret)
{
	u64 key = bpf_get_current_task();
	struct process_loaded *loaded = bpf_map_lookup_elem(&process_modules, &key);
	struct eun_slot *s = process_begin(PROCESS_MODULE, sizeof(struct process_module));
	if (!s)
		return 0;
	struct process_module *e = eun_record(s);
	e->call = process_call(nr);
	e->ret = ret;
	e->fd = -1;
	if (loaded) {
		e->taints = loaded->taints;
		__builtin_memcpy(e->name, loaded->name, sizeof(e->name));
	}
	if (e->call == PROCESS_CALL_init_module) {
		eun_add_user_string(s, &e->params, (void *)eun_arg(THIRD));
	} else if (e->call == PROCESS_CALL_finit_module) {
		e->fd = eun_arg(FIRST);
		e->flags = eun_arg(THIRD);
		struct file *file = eun_fd_file(e->fd);
		struct inode *inode = BPF_CORE_READ(file, f_inode);
		e->inode = BPF_CORE_READ(inode, i_ino);
		e->dev = inode ? eun_dev(BPF_CORE_READ(inode, i_sb, s_dev)) : 0;
		eun_add_user_string(s, &e->params, (void *)eun_arg(SECOND));
		if (inode)
			eun_add_file_path(s, &e->path, NULL, file);
	} else {
		e->flags = eun_arg(SECOND);
		if (!loaded) {
			e->name_source = PROCESS_FROM_USER;
			bpf_probe_read_user_str(e->name, sizeof(e->name), (void *)eun_arg(FIRST));
		}
	}
	bpf_map_delete_elem(&process_modules, &key);
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_module(struct trace_event_raw_sys_exit *ctx)
{
	return module_done(ctx->id, ctx->ret);
}

#endif
