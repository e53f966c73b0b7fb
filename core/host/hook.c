/* SPDX-License-Identifier: MIT */
#include "hook.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <eunomia/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf_ask.h"
#include "target/rodata.h"

static int attach_trace(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_trace(prog);
	return *link ? 0 : -errno;
}

static int attach_iter(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_iter(prog, NULL);
	return *link ? 0 : -errno;
}

/* "tp/category/name"; a row of programs[] that says itself where it attaches has no more than "tp". */
static int attach_tp(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	char category[64];
	const char *at = strchr(bpf_program__section_name(prog), '/'), *name = at ? strchr(at + 1, '/') : NULL;
	(void)cookie;
	if (!name || name - at > (ptrdiff_t)sizeof(category))
		return -EINVAL;
	snprintf(category, sizeof(category), "%.*s", (int)(name - at - 1), at + 1);
	*link = bpf_program__attach_tracepoint(prog, category, name + 1);
	return *link ? 0 : -errno;
}

static const struct section {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	bool sleepable;
	libbpf_prog_attach_fn_t attach_fn;
} sections[] = {
	{"tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, false, attach_trace},
	{"fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, false, attach_trace},
	{"fentry.s+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, true, attach_trace},
	{"fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, false, attach_trace},
	{"fexit.s+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, true, attach_trace},
	{"fmod_ret+", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, false, attach_trace},
	{"fmod_ret.s+", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, true, attach_trace},
	{"iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, false, attach_iter},
	{"iter.s+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, true, attach_iter},
	{"tp+", BPF_PROG_TYPE_TRACEPOINT, 0, false, attach_tp},
	{"tracepoint+", BPF_PROG_TYPE_TRACEPOINT, 0, false, attach_tp},
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

struct hooks {
	struct handler {
		struct kernel *kernel;
		const struct section *section;
		int id;
	} handlers[SECTIONS];
};

/* libbpf reads the kernel's BTF for a tracing program unless it is said to attach to another program. */
static int setup(struct bpf_program *prog, long cookie)
{
	const struct handler *h = (const struct handler *)cookie;
	return h->section->type == BPF_PROG_TYPE_TRACING ? bpf_program__set_attach_target(prog, 1, NULL) : 0;
}

/* 0 where the kernel does not have the call: the program must not come there, and the verifier knows it. */
static int set_casts(struct kernel *kernel, struct bpf_program *prog)
{
	const struct bpf_insn *was = bpf_program__insns(prog);
	size_t n = bpf_program__insn_cnt(prog), at = 0;
	for (; at < n && !(was[at].code == (BPF_JMP | BPF_CALL) && was[at].imm == EUN_CAST_CALL); at++)
		;
	if (at == n)
		return 0;
	struct bpf_insn *insns = malloc(n * sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	memcpy(insns, was, n * sizeof(*insns));
	int32_t id = (int32_t)kernel_type_id(kernel, "", HOOK_CAST, BTF_KIND_FUNC);
	for (; at < n; at++)
		if (insns[at].code == (BPF_JMP | BPF_CALL) && insns[at].imm == EUN_CAST_CALL)
			insns[at].imm = id;
	int err = bpf_program__set_insns(prog, insns, n);
	free(insns);
	return err;
}

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct handler *h = (const struct handler *)cookie;
	const char *prefix, *name;
	uint32_t kind;
	if (h->section->type != BPF_PROG_TYPE_TRACING)
		return set_casts(h->kernel, prog);
	opts->attach_prog_fd = 0;
	if (!btf_section_target(bpf_program__section_name(prog), &prefix, &name, &kind))
		return -EINVAL;
	opts->attach_btf_id = kernel_type_id(h->kernel, prefix, name, kind);
	if (h->section->sleepable)
		opts->prog_flags |= BPF_F_SLEEPABLE;
	return opts->attach_btf_id ? set_casts(h->kernel, prog) : -ESRCH;
}

struct hooks *hooks_new(struct kernel *kernel)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	for (size_t i = 0; hooks && i < SECTIONS; i++) {
		struct handler *h = &hooks->handlers[i];
		*h = (struct handler){.kernel = kernel, .section = &sections[i]};
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)h, .prog_setup_fn = setup,
			    .prog_prepare_load_fn = prepare, .prog_attach_fn = sections[i].attach_fn);
		h->id = libbpf_register_prog_handler(sections[i].name, sections[i].type, sections[i].attach, &opts);
		if (h->id <= 0) {
			hooks_destroy(hooks);
			return NULL;
		}
	}
	return hooks;
}

void hooks_destroy(struct hooks *hooks)
{
	for (size_t i = 0; hooks && i < SECTIONS; i++)
		if (hooks->handlers[i].id > 0)
			libbpf_unregister_prog_handler(hooks->handlers[i].id);
	free(hooks);
}

int hooks_set_types(struct kernel *kernel, struct bpf_object *obj)
{
	static const char prefix[] = "eun_btf_";
	const struct btf *btf = bpf_object__btf(obj);
	int err = 0;
	for (uint32_t id = 1, n = btf ? btf__type_cnt(btf) : 0; id < n && !err; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf_is_var(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
		if (!name || strncmp(name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		uint32_t type = kernel_type_id(kernel, "", name + sizeof(prefix) - 1, BTF_KIND_STRUCT);
		err = rodata_set(obj, name, &type, sizeof(type));
	}
	return err;
}
