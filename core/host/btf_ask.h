/* SPDX-License-Identifier: MIT */
/* What a BPF object in memory asks of the kernel's types, before libbpf opens it. Any thread. */
#ifndef CORE_HOST_BTF_ASK_H
#define CORE_HOST_BTF_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A type that is asked for by its number: what a program attaches to, and what it gives a pointer as its type. */
struct btf_target {
	char *name;
	uint32_t kind; /* BTF_KIND_... */
	uint32_t id;   /* 0: the kernel has none, or it was not looked for yet */
};

struct btf_ask {
	char **names; /* of types that it knows, without flavour: those it may be relocated against are among them */
	size_t n, cap;
	char **roots; /* those that it is relocated against and has no flavour of, which says that there may be none */
	size_t n_roots, cap_roots;
	struct btf_target *targets;
	size_t n_targets, cap_targets;
	bool ids; /* it is relocated against numbers of types: these must be the kernel's own */
};

/* Adds what a .bpf.o in memory asks. -EINVAL: it has no BTF that can be read; -ENOMEM. */
int btf_ask_object(struct btf_ask *ask, const void *object, size_t size);
int btf_ask_target(struct btf_ask *ask, const char *prefix, const char *name, uint32_t kind);
void btf_ask_free(struct btf_ask *ask);

/* What a SEC() name attaches to, by the kernel's types. False: nothing that is found there. */
bool btf_section_target(const char *section, const char **prefix, const char **name, uint32_t *kind);

#endif
