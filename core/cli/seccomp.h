/* SPDX-License-Identifier: MIT */
/* `eunomia seccomp`: its own options, checked, and what its parts share. */
#ifndef CORE_CLI_SECCOMP_H
#define CORE_CLI_SECCOMP_H

#include <sys/types.h>

#include "request.h"
#include "seccomp/apply.h"
#include "seccomp/learn.h"
#include "seccomp/profile_io.h"

#define SECCOMP_WHO_MAX 16

/* Processes and containers, in arrays of its own. */
struct seccomp_who {
	struct ids pids;
	struct texts containers;
	uint32_t pid_items[SECCOMP_WHO_MAX];
	const char *container_items[SECCOMP_WHO_MAX];
};

/* What the options of its own say; the defaults where they say nothing. */
struct seccomp_request {
	enum profile_form form;
	bool form_given;
	struct profile_action def;
	const struct base *bases[16]; /* to be added; ends at NULL */
	bool args;
	bool yes, mode_given;
	struct seccomp_who source, target; /* learn from the one what the other is to be given */
	struct profile_action mode;        /* apply: the default action, instead of the profile's */
	uint64_t canary_ms;                /* apply: nothing, but tell for so long what it would have denied */
};

/* -EINVAL: why. */
int seccomp_request(struct seccomp_request *out, const struct request *request, char *why, size_t why_size);

/* merge, subtract, diff, check and show, which need no root. Return the exit code. */
int seccomp_files(const struct request *request, const struct seccomp_request *own);
/* True: the request is one of these. */
bool seccomp_is_files(const struct request *request);

/* apply, which shows what it would do and does it with --yes. Returns the exit code. */
int seccomp_apply(const struct request *request, const struct seccomp_request *own, char *const *paths);
bool seccomp_is_apply(const struct request *request);
/*
 * Its parts: the processes and containers that are named (an exit code, having said why; to be freed in any case), and
 * a profile, which is completed, for them.
 */
int seccomp_targets(const struct ids *pids, bool follow, const struct texts *containers, struct apply_targets *out);
void seccomp_targets_free(struct apply_targets *targets);
/* What the request and every process need beside what it says; its program, which the kernel was found to take. */
int seccomp_complete(struct profile *profile, const char *name, const struct seccomp_request *own);
int seccomp_build(const struct profile *profile, const char *name, struct sock_filter **program, size_t *n);
int seccomp_apply_to(struct profile *profile, const char *name, const struct apply_targets *targets,
		     const struct seccomp_request *own);

/* The profile with what every process needs, and as a filter that the kernel takes. Return the exit code. */
int seccomp_complete(struct profile *profile, const char *name, const struct seccomp_request *own);
int seccomp_build(const struct profile *profile, const char *name, struct sock_filter **program, size_t *n);

/* apply --canary: tells what the profile would have denied, and does nothing. Returns the exit code. */
int seccomp_canary(struct profile *profile, const char *name, const struct request *request,
		   const struct seccomp_request *own, char *const *paths);

/* Learns. Returns the exit code. */
int seccomp_learn(const struct request *request, const struct seccomp_request *own, char *const *paths);

/* From a source to a target: in `learned` is what each did. Returns the exit code. */
bool seccomp_is_transfer(const struct seccomp_request *own);
int seccomp_transfer_check(const struct request *request, const struct seccomp_request *own, char *why,
			   size_t why_size);
int seccomp_transfer(const struct request *request, const struct seccomp_request *own, struct profile *profile,
		     const struct learned *target);
/* What differs, a line a rule. */
void seccomp_print_diff(const struct profile *a, const struct profile *b, struct buf *out);

/* Says a warning of a reader or writer. */
void seccomp_warn(void *context, const char *text);

/* Where a profile goes: a file, which is made now and written at the end, or standard output. */
struct seccomp_output {
	const char *name; /* NULL: standard output */
	int fd;
};
/* -errno, having said why. */
int seccomp_output_open(struct seccomp_output *o, const char *name);
/* Writes the profile; returns the exit code, having said why it is not 0. */
int seccomp_output_write(struct seccomp_output *o, const struct profile *profile, enum profile_form form);
void seccomp_output_close(struct seccomp_output *o);

/* A program that is started when all is ready. */
struct seccomp_child {
	pid_t pid;
	int gate, said; /* written to let it go; read to hear why it can't be executed */
};
/* Forks; the child waits. -errno. */
int seccomp_child_make(struct seccomp_child *child, const struct texts *words);
/* Executes the program. -errno: why it can't be. */
int seccomp_child_go(struct seccomp_child *child);
/* Without seccomp_child_go() it ends without having done anything. The child may run on. */
void seccomp_child_free(struct seccomp_child *child);

#endif
