/* SPDX-License-Identifier: MIT */
/*
 * `eunomia seccomp apply FILE --canary SECONDS`: the filter that would be applied is run beside the targets, in BPF.
 * As a run of the stream with the role seccomp.canary, whose rows are put together for a report.
 */
#include "seccomp/canary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "pipeline/loop.h"
#include "run.h"
#include "say.h"
#include "seccomp.h"

static const char role[] = "seccomp.canary";

/* The plugin that has the stream, chosen. 1: found. */
static int look(void *context, const char *path, struct plugin *plugin, const char *why)
{
	(void)path, (void)why;
	for (uint32_t i = 0; plugin && i < plugin->abi.streams.count; i++)
		if (plugin->streams[i].role && !strcmp(plugin->streams[i].role, role)) {
			const struct choice c = {.plugin = plugin, .streams = EUN_BIT(i)};
			int err = choices_add(context, &c);
			return err ? err : 1;
		}
	plugin_close(plugin);
	return 0;
}

/* A file without a name that has the program. -errno. */
static int put_filter(const struct sock_filter *program, size_t n)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	size_t size = n * sizeof(*program);
	ssize_t put = fd < 0 ? -1 : write(fd, program, size);
	int err = put < 0 ? -errno : put != (ssize_t)size ? -EIO : 0;
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static void hear(void *context, const struct view *view)
{
	canary_event(context, view);
}

static int report(struct canary *c)
{
	canary_sort(c);
	for (size_t i = 0; i < c->n; i++) {
		const struct canary_kind *kind = &c->kinds[i];
		struct buf text = {0};
		canary_kind_text(kind, clock_offset_ns(), &text);
		buf_char(&text, '\0');
		if (!text.failed)
			say("would be %s: %s", kind->action.act <= PROFILE_LOG ? "logged" : "denied", text.data);
		buf_free(&text);
	}
	if (c->more_kinds || c->err)
		say("there are more kinds of calls than could be kept: %zu", c->n);
	if (c->denied)
		say("%" PRIu64 " calls would have been denied; nothing was installed", c->denied);
	else
		say("nothing would have been denied");
	return c->denied || c->err ? EXIT_RUN : EXIT_OK;
}

/* Like the request, but of a run. The filter is an option of the plugin. */
static int listen(const struct request *request, uint64_t ms, int filter, struct canary *canary, char *const *paths)
{
	struct request r = *request;
	struct choices choices = {0};
	char why[512] = "", set[128];
	const char *sets[] = {set};
	const struct run_listener listener = {hear, canary};
	int found = plugin_each(paths, look, &choices, why, sizeof(why));
	if (found <= 0) {
		say("%s", found ? why : "there is no plugin with the role seccomp.canary (see eunomia list streams)");
		return EXIT_RUN;
	}
	snprintf(set, sizeof(set), "%s.canary=/proc/self/fd/%d", choices.items[0].plugin->abi.name, filter);
	r.command = COMMAND_PLUGIN;
	r.duration_ms = ms;
	r.operands = (struct texts){0};
	r.n_given = 0;
	r.set = (struct texts){sets, 1};
	int status = command_run_heard(&r, &choices, paths, &listener);
	choices_free(&choices);
	return status;
}

int seccomp_canary(struct profile *profile, const char *name, const struct request *request,
		   const struct seccomp_request *own, char *const *paths)
{
	struct sock_filter *program = NULL;
	struct canary canary = {0};
	size_t n = 0;
	int status = seccomp_complete(profile, name, own), filter = -1;
	if (!status)
		status = seccomp_build(profile, name, &program, &n);
	if (!status && (filter = put_filter(program, n)) < 0) {
		say("memfd: %s", strerror(-filter));
		status = EXIT_RUN;
	}
	free(program);
	if (!status)
		status = listen(request, own->canary_ms, filter, &canary, paths);
	if (!status)
		status = report(&canary);
	if (filter >= 0)
		close(filter);
	canary_free(&canary);
	return status;
}
