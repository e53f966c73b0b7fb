/* SPDX-License-Identifier: MIT */
/* `eunomia seccomp merge|subtract|diff|check|show`: what can be done with profiles alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "event/fd.h"
#include "seccomp.h"
#include "seccomp/base.h"
#include "seccomp/filter.h"
#include "seccomp/names.h"

void seccomp_warn(void *context, const char *text)
{
	if (context)
		++*(size_t *)context;
	say("%s", text);
}

int seccomp_output_open(struct seccomp_output *o, const char *name)
{
	*o = (struct seccomp_output){name, STDOUT_FILENO};
	if (!name)
		return 0;
	o->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (o->fd >= 0)
		return 0;
	int err = -errno;
	say("output %s: %s", name, strerror(-err));
	return err;
}

void seccomp_output_close(struct seccomp_output *o)
{
	if (o->name && o->fd >= 0)
		close(o->fd);
}

int seccomp_output_write(struct seccomp_output *o, const struct profile *p, enum profile_form form)
{
	struct buf text = {0};
	char why[512];
	int err = profile_write(p, form, &text, seccomp_warn, NULL, why, sizeof(why));
	if (err) {
		say("%s", why);
		buf_free(&text);
		return EXIT_RUN;
	}
	if (o->name && ftruncate(o->fd, 0) && errno != EINVAL) /* no file: a pipe, a device */
		err = -errno;
	if (!err)
		err = fd_write_all(o->fd, text.data, text.len);
	buf_free(&text);
	if (err && err != -EPIPE)
		say("output %s: %s", o->name ? o->name : "stdout", strerror(-err));
	return err && err != -EPIPE ? EXIT_RUN : EXIT_OK;
}

struct job {
	const struct request *request;
	const struct seccomp_request *own;
	struct profile *profiles;
	size_t n, warnings;
};

static int write_first(struct job *j, enum profile_form form)
{
	struct seccomp_output out;
	if (seccomp_output_open(&out, j->request->output))
		return EXIT_RUN;
	int status = seccomp_output_write(&out, &j->profiles[0], j->own->form_given ? j->own->form : form);
	seccomp_output_close(&out);
	return status;
}

static int merge(struct job *j)
{
	for (size_t i = 1; i < j->n; i++) {
		if (!profile_action_same(j->profiles[i].def, j->profiles[0].def))
			say("%s: its default action is another; that of %s stays", j->request->operands.items[i + 1],
			    j->request->operands.items[1]);
		if (profile_merge(&j->profiles[0], &j->profiles[i])) {
			say("no memory");
			return EXIT_RUN;
		}
	}
	return write_first(j, PROFILE_OCI);
}

static int subtract(struct job *j)
{
	for (size_t i = 1; i < j->n; i++)
		profile_subtract(&j->profiles[0], &j->profiles[i]);
	return write_first(j, PROFILE_OCI);
}

static int show(struct job *j)
{
	return write_first(j, PROFILE_TEXT);
}

struct printed {
	struct buf out;
	uint32_t arches; /* of both: one alone need not be named */
};

static void print_change(void *context, enum profile_arch arch, const struct profile_rule *a,
			 const struct profile_rule *b)
{
	struct printed *p = context;
	char from[ACTION_TEXT_MAX] = "", to[ACTION_TEXT_MAX] = "";
	if (a)
		action_text(a->action, from, sizeof(from));
	if (b)
		action_text(b->action, to, sizeof(to));
	buf_printf(&p->out, "%c ", a && b ? '~' : a ? '-' : '+');
	if (p->arches & (p->arches - 1))
		buf_printf(&p->out, "%s ", arch_names[arch].name);
	profile_rule_text(arch, a ? a : b, &p->out);
	buf_printf(&p->out, " %s%s%s\n", from, a && b ? " -> " : "", to);
}

void seccomp_print_diff(const struct profile *a, const struct profile *b, struct buf *out)
{
	struct printed p = {.out = *out, .arches = a->arches | b->arches};
	char from[ACTION_TEXT_MAX], to[ACTION_TEXT_MAX];
	if (!profile_action_same(a->def, b->def)) {
		action_text(a->def, from, sizeof(from));
		action_text(b->def, to, sizeof(to));
		buf_printf(&p.out, "~ default %s -> %s\n", from, to);
	}
	for (enum profile_arch x = 0; x < PROFILE_ARCHES; x++)
		if ((a->arches ^ b->arches) & 1u << x)
			buf_printf(&p.out, "%c architecture %s\n", a->arches & 1u << x ? '-' : '+', arch_names[x].name);
	profile_diff(a, b, print_change, &p);
	*out = p.out;
}

static int diff(struct job *j)
{
	struct buf out = {0};
	seccomp_print_diff(&j->profiles[0], &j->profiles[1], &out);
	bool same = !out.len;
	if (out.len && fwrite(out.data, 1, out.len, stdout) != out.len)
		same = false;
	buf_free(&out);
	return same ? EXIT_OK : EXIT_RUN; /* as diff(1) */
}

/* A profile without what a process can't end without is one that hangs or crashes. */
static size_t missing(const struct job *j)
{
	static const uint64_t none[6];
	const struct base *always = base_find("always");
	size_t n = 0;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (const char *const *call = always->calls; *call && j->profiles[0].arches & 1u << a; call++) {
			int64_t nr = call_number(a, *call);
			if (nr < 0 || profile_decide(&j->profiles[0], a, (uint32_t)nr, none).act <= PROFILE_LOG)
				continue;
			say("%s: %s is not allowed, and every program needs it", j->request->operands.items[1], *call);
			n++;
		}
	return n;
}

static int check(struct job *j)
{
	struct sock_filter *program = NULL;
	size_t n = 0, rules = 0;
	char why[512], def[ACTION_TEXT_MAX];
	int err = filter_build(&j->profiles[0], &program, &n, seccomp_warn, &j->warnings, why, sizeof(why));
	if (!err)
		err = filter_try(program, n, why, sizeof(why));
	free(program);
	if (err) {
		say("%s: %s", j->request->operands.items[1], why);
		return err == -EACCES || err == -EPERM || err == -ENOSYS ? EXIT_KERNEL : EXIT_CONFIG;
	}
	j->warnings += missing(j);
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		rules += j->profiles[0].of[a].n;
	action_text(j->profiles[0].def, def, sizeof(def));
	printf("%zu rules, default %s, %zu instructions, %zu warnings: the kernel takes it\n", rules, def, n,
	       j->warnings);
	return EXIT_OK;
}

static const struct job_kind {
	const char *name;
	size_t least, most; /* profiles */
	int (*run)(struct job *job);
} kinds[] = {
	{"merge", 2, SIZE_MAX, merge}, {"subtract", 2, SIZE_MAX, subtract},
	{"diff", 2, 2, diff},          {"check", 1, 1, check},
	{"show", 1, 1, show},
};

static const struct job_kind *kind_of(const struct request *r)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && r->operands.n && !r->dashes; i++)
		if (!strcmp(r->operands.items[0], kinds[i].name))
			return &kinds[i];
	return NULL;
}

bool seccomp_is_files(const struct request *r)
{
	return kind_of(r) != NULL;
}

/* The defaults of a profile come from its file, and bases are for what is learned, but for what is asked for here. */
static int read_profile(struct job *j, const char *name)
{
	char why[768];
	struct profile *p = &j->profiles[j->n];
	const struct profile_source source = {name, seccomp_warn, &j->warnings};
	if (profile_read(p, &source, why, sizeof(why))) {
		say("%s", why);
		return EXIT_CONFIG;
	}
	j->n++;
	for (size_t i = 0; j->n == 1 && j->own->bases[i]; i++)
		if (base_add(p, j->own->bases[i])) {
			say("no memory");
			return EXIT_RUN;
		}
	return EXIT_OK;
}

int seccomp_files(const struct request *request, const struct seccomp_request *own)
{
	const struct job_kind *kind = kind_of(request);
	struct job j = {.request = request, .own = own};
	size_t n = request->operands.n - 1;
	int status = EXIT_OK;
	if (n < kind->least || n > kind->most) {
		say("usage: eunomia seccomp %s FILE%s", kind->name,
		    kind->most == 1   ? ""
		    : kind->most == 2 ? " FILE"
				      : " FILE...");
		return EXIT_USAGE;
	}
	j.profiles = calloc(n, sizeof(*j.profiles));
	if (!j.profiles) {
		say("no memory");
		return EXIT_RUN;
	}
	for (size_t i = 0; i < n && !status; i++)
		status = read_profile(&j, request->operands.items[i + 1]);
	if (!status)
		status = kind->run(&j);
	for (size_t i = 0; i < j.n; i++)
		profile_free(&j.profiles[i]);
	free(j.profiles);
	return status;
}
