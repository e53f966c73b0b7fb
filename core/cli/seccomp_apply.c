/* SPDX-License-Identifier: MIT */
/* `eunomia seccomp apply FILE -p PID | -c CONTAINER`: what it would do, and with --yes, does. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "say.h"
#include "seccomp.h"
#include "seccomp/base.h"
#include "seccomp/filter.h"
#include "seccomp/names.h"

#define LISTED_MAX 12 /* names of calls in a line */

static void put(struct buf *line)
{
	buf_char(line, '\n');
	if (!line->failed)
		fwrite(line->data, 1, line->len, stdout);
	buf_free(line);
}

/* "316 denied: accept, access, acct and 313 more", for one entry. */
static void print_denied(const struct profile *p, enum profile_arch arch)
{
	static const uint64_t none[6];
	struct buf names = {0}, line = {0};
	size_t denied = 0, allowed = 0, partly = 0;
	for (uint32_t nr = 0; nr <= arch_names[arch].number_last; nr++) {
		char name[CALL_NAME_MAX];
		const struct profile_rule *rule = profile_rule(p, arch, nr);
		if (!call_name(arch, nr, name, sizeof(name)))
			continue;
		if (rule && rule->n_conds) {
			partly++;
		} else if (profile_decide(p, arch, nr, none).act <= PROFILE_LOG) {
			allowed++;
		} else if (denied++ < LISTED_MAX) {
			buf_str(&names, names.len ? ", " : "");
			buf_str(&names, name);
		}
	}
	buf_printf(&line, "%s: %zu calls allowed, %zu by their arguments, %zu denied%s", arch_names[arch].name, allowed,
		   partly, denied, denied ? ": " : "");
	buf_add(&line, names.data, names.len);
	if (denied > LISTED_MAX)
		buf_printf(&line, " and %zu more", denied - LISTED_MAX);
	put(&line);
	buf_free(&names);
}

static void print_profile(const struct profile *p, const char *name)
{
	struct buf line = {0};
	char def[ACTION_TEXT_MAX];
	action_text(p->def, def, sizeof(def));
	escape_text(&line, name, strlen(name));
	buf_printf(&line, ": what is not allowed: %s", def);
	put(&line);
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		if (p->arches & 1u << a)
			print_denied(p, a);
}

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void print_process(const struct apply_process *p)
{
	static const char *const states[] = {
		[APPLY_READY] = "would get it",  [APPLY_DONE] = "has it now", [APPLY_HAD] = "had it already",
		[APPLY_REFUSED] = "not touched", [APPLY_FAILED] = "failed",   [APPLY_GONE] = "ended meanwhile",
	};
	struct buf line = {0};
	bool asks = p->state == APPLY_READY;
	buf_printf(&line, "%" PRIu32 " (", p->pid);
	escape_text(&line, p->comm, strnlen(p->comm, sizeof(p->comm)));
	buf_printf(&line, "): %s: %" PRIu32 " thread%s", states[p->state], p->threads, plural(p->threads));
	if (p->filters || asks)
		buf_printf(&line, ", %" PRIu32 " filter%s %s", p->filters, plural(p->filters), asks ? "now" : "before");
	if (p->no_new_privs && (asks || p->state == APPLY_DONE))
		buf_printf(&line, ", no_new_privs %s set: setuid programs it starts stop gaining rights",
			   asks ? "will be" : "is");
	if (p->state == APPLY_DONE)
		buf_printf(&line, ", stood still for %.1f ms", (double)p->stopped_ns / 1e6);
	if (p->why[0]) {
		buf_str(&line, ": ");
		escape_text(&line, p->why, strlen(p->why));
	}
	put(&line);
}

static size_t count(const struct apply_report *r, enum apply_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		n += r->items[i].state == state;
	return n;
}

static int status_of(const struct apply_report *r)
{
	int status = EXIT_OK;
	for (size_t i = 0; i < r->n && status != EXIT_KERNEL; i++) {
		const struct apply_process *p = &r->items[i];
		if (p->state == APPLY_REFUSED || p->state == APPLY_FAILED)
			status = p->err == -EPERM ? EXIT_KERNEL : EXIT_RUN;
	}
	return status;
}

static void print_report(const struct apply_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].state != APPLY_GONE)
			print_process(&r->items[i]);
	fflush(stdout);
}

/* What the profile says is what is done, but for what every process needs to go on, or to end. */
int seccomp_complete(struct profile *p, const char *name, const struct seccomp_request *own)
{
	static const uint64_t none[6];
	const struct base *always = base_find("always");
	if (own->mode_given && !(p->def.act == PROFILE_ERRNO && own->mode.act == PROFILE_ERRNO))
		p->def = own->mode;
	if (!p->arches)
		p->arches = 1u << profile_native();
	struct buf added = {0};
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (const char *const *call = always->calls; *call && p->arches & 1u << a; call++) {
			int64_t nr = call_number(a, *call);
			if (nr >= 0 && profile_decide(p, a, (uint32_t)nr, none).act > PROFILE_LOG)
				buf_printf(&added, "%s%s", added.len ? ", " : "", *call);
		}
	buf_char(&added, '\0');
	if (added.len > 1 && !added.failed)
		say("%s: allowed too, as every program needs them: %s", name, added.data);
	buf_free(&added);
	if (!base_add(p, always))
		return EXIT_OK;
	say("no memory");
	return EXIT_RUN;
}

int seccomp_build(const struct profile *p, const char *name, struct sock_filter **program, size_t *n)
{
	char why[512];
	int err = filter_build(p, program, n, seccomp_warn, NULL, why, sizeof(why));
	if (!err)
		err = filter_try(*program, *n, why, sizeof(why));
	if (!err)
		return EXIT_OK;
	say("%s: %s", name, why);
	return err == -EACCES || err == -EPERM || err == -ENOSYS ? EXIT_KERNEL : EXIT_CONFIG;
}

static int plan(const struct apply_targets *targets)
{
	struct apply_report report = {0};
	char why[512];
	int status = EXIT_OK;
	if (apply_plan(targets, &report, why, sizeof(why))) {
		say("%s", why);
		status = EXIT_RUN;
	} else {
		print_report(&report);
		if (!count(&report, APPLY_READY)) {
			say("there is nobody to apply it to");
			status = status_of(&report) ? status_of(&report) : EXIT_RUN;
		} else {
			say("nothing was done; --yes applies it. A filter only tightens, and nothing ever removes it "
			    "from a process or what that starts");
		}
	}
	apply_report_free(&report);
	return status;
}

static int run(const struct apply_targets *targets, const struct apply_filter *filter)
{
	struct apply_report report = {0};
	char why[512];
	int status = EXIT_RUN;
	if (apply_plan(targets, &report, why, sizeof(why))) { /* its checks of what was asked for */
		say("%s", why);
		apply_report_free(&report);
		return status;
	}
	apply_report_free(&report);
	int err = apply_run(targets, filter, &report, why, sizeof(why));
	print_report(&report);
	if (err)
		say("%s", why);
	else if (!count(&report, APPLY_DONE) && !count(&report, APPLY_HAD))
		status = status_of(&report) ? status_of(&report) : EXIT_RUN;
	else
		status = status_of(&report);
	if (!err && status && count(&report, APPLY_GONE) == report.n)
		say("there is nobody left to apply it to: all ended meanwhile");
	else if (!err && status)
		say("%zu have it, %zu do not", count(&report, APPLY_DONE) + count(&report, APPLY_HAD),
		    count(&report, APPLY_REFUSED) + count(&report, APPLY_FAILED));
	apply_report_free(&report);
	return status;
}

int seccomp_apply_to(struct profile *p, const char *name, const struct apply_targets *targets,
		     const struct seccomp_request *own)
{
	struct apply_filter filter = {0};
	struct sock_filter *program = NULL;
	int status = seccomp_complete(p, name, own);
	if (!status)
		status = seccomp_build(p, name, &program, &filter.n);
	if (!status) {
		filter.program = program;
		print_profile(p, name);
		status = own->yes ? run(targets, &filter) : plan(targets);
	}
	free(program);
	return status;
}

int seccomp_targets(const struct ids *pids, bool follow, const struct texts *containers, struct apply_targets *out)
{
	char folder[PATH_MAX], why[512];
	*out = (struct apply_targets){pids->items, pids->n, follow, NULL, 0};
	char **folders = calloc(containers->n + 1, sizeof(*folders));
	for (size_t i = 0; folders && i < containers->n; i++) {
		if (apply_container(containers->items[i], folder, sizeof(folder), why, sizeof(why)))
			say("%s", why);
		else if ((folders[i] = strdup(folder)))
			out->n_cgroups++;
		if (out->n_cgroups != i + 1)
			break;
	}
	out->cgroups = (const char *const *)folders;
	return folders && out->n_cgroups == containers->n ? EXIT_OK : EXIT_RUN;
}

void seccomp_targets_free(struct apply_targets *targets)
{
	for (size_t i = 0; i < targets->n_cgroups; i++)
		free((char *)targets->cgroups[i]);
	free((char **)targets->cgroups);
}

bool seccomp_is_apply(const struct request *r)
{
	return r->operands.n && !r->dashes && !strcmp(r->operands.items[0], "apply");
}

int seccomp_apply(const struct request *request, const struct seccomp_request *own, char *const *paths)
{
	struct apply_targets targets;
	struct profile p = {0};
	char why[768];
	if (request->operands.n != 2 || !request->pids.n == !request->containers.n) {
		say("usage: eunomia seccomp apply FILE -p PID [--follow] | -c CONTAINER");
		return EXIT_USAGE;
	}
	const char *name = request->operands.items[1];
	const struct profile_source source = {name, seccomp_warn, NULL};
	if (profile_read(&p, &source, why, sizeof(why))) {
		say("%s", why);
		return EXIT_CONFIG;
	}
	if (own->canary_ms) {
		int told = seccomp_canary(&p, name, request, own, paths);
		profile_free(&p);
		return told;
	}
	int status = seccomp_targets(&request->pids, request->follow, &request->containers, &targets);
	if (!status)
		status = seccomp_apply_to(&p, name, &targets, own);
	seccomp_targets_free(&targets);
	profile_free(&p);
	return status;
}
