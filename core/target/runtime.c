/* SPDX-License-Identifier: MIT */
#include "runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime_file.h"
#include "runtime_state.h"
#include "runtime_watch.h"

struct runtimes {
	char *root, *docker;
	struct watcher *watcher;
	const struct state_source *watched[WATCH_PATTERNS]; /* by the watcher's number */
};

/* docker's folder, as its configuration says. */
static char *docker_folder(const char *root)
{
	json_t *config = state_json(root, "/etc/docker/daemon.json", STATE_MAX);
	const char *folder = state_text(config, "data-root");
	if (!folder)
		folder = state_text(config, "graph"); /* its name until 17.05 */
	char *copy = strdup(folder && *folder == '/' && strlen(folder) < PATH_MAX / 2 ? folder : "/var/lib/docker");
	json_decref(config);
	return copy;
}

struct runtimes *runtimes_new(const char *root)
{
	char(*patterns)[PATH_MAX] = calloc(WATCH_PATTERNS, sizeof(*patterns));
	const char *texts[WATCH_PATTERNS];
	size_t n = 0;
	struct runtimes *r = calloc(1, sizeof(*r));
	if (!patterns || !r)
		goto fail;
	r->root = strdup(root);
	r->docker = r->root ? docker_folder(root) : NULL;
	if (!r->docker)
		goto fail;
	for (const struct state_source *s = state_sources; s->pattern; s++)
		if (s->watch) {
			state_pattern(s, r->docker, patterns[n]);
			texts[n] = patterns[n];
			r->watched[n++] = s;
		}
	r->watcher = watcher_new(root, texts, n);
	if (!r->watcher)
		goto fail;
	free(patterns);
	return r;
fail:;
	int err = errno;
	free(patterns);
	runtimes_destroy(r);
	errno = err;
	return NULL;
}

void runtimes_destroy(struct runtimes *r)
{
	if (!r)
		return;
	watcher_destroy(r->watcher);
	free(r->docker);
	free(r->root);
	free(r);
}

struct visit {
	struct runtimes *runtimes;
	const struct state_source *source;
	bool must_be_there; /* a runtime may keep what it knows of a container that isn't running */
	runtimes_each each;
	void *context;
	unsigned found;
	json_t *seen; /* the ids found, as an object's keys; NULL: not kept */
};

static bool visit(void *context, const char *path, const char *id)
{
	struct visit *v = context;
	struct state *state = malloc(sizeof(*state));
	if (!state)
		return false;
	if (state_read(state, v->runtimes->root, v->runtimes->docker, v->source, path, id) &&
	    (state->there || !v->must_be_there)) {
		v->found++;
		if (v->seen)
			json_object_set_new_nocheck(v->seen, id, json_true());
		v->each(v->context, &state->info);
	}
	state_free(state);
	free(state);
	return true;
}

static void visit_source(struct visit *v, const char *id, state_each each)
{
	char pattern[PATH_MAX];
	state_pattern(v->source, v->runtimes->docker, pattern);
	state_walk(v->runtimes->root, pattern, id, each, v);
}

static bool is_there(void *context, const char *path, const char *id)
{
	(void)path;
	(void)id;
	*(bool *)context = true;
	return false;
}

/* True: a source that comes first has a file for that id. */
static bool has_better(const struct runtimes *r, const struct state_source *source, const char *id)
{
	char pattern[PATH_MAX];
	bool has = false;
	for (const struct state_source *s = state_sources; s < source && !has; s++) {
		state_pattern(s, r->docker, pattern);
		state_walk(r->root, pattern, id, is_there, &has);
	}
	return has;
}

/* An OCI runtime of the machine's is right about what it has; others may know the same container, or claim to. */
static bool is_first(const struct state_source *source)
{
	return source->oci && !source->user;
}

static bool visit_if_best(void *context, const char *path, const char *id)
{
	struct visit *v = context;
	bool better = !is_first(v->source) &&
		      (v->seen ? json_object_get(v->seen, id) != NULL : has_better(v->runtimes, v->source, id));
	return better ? true : visit(v, path, id);
}

int runtimes_scan(struct runtimes *r, runtimes_each each, void *context)
{
	struct visit v = {.runtimes = r, .must_be_there = true, .each = each, .context = context};
	v.seen = json_object();
	if (!v.seen)
		return -ENOMEM;
	for (v.source = state_sources; v.source->pattern; v.source++)
		visit_source(&v, NULL, visit_if_best);
	json_decref(v.seen);
	return 0;
}

/* An id may be in use once in each OCI runtime and namespace. */
bool runtimes_find(struct runtimes *r, const char *id, runtimes_each each, void *context)
{
	struct visit v = {.runtimes = r, .each = each, .context = context};
	if (!state_id_ok(id))
		return false;
	for (v.source = state_sources; v.source->pattern; v.source++)
		if (is_first(v.source) || !v.found)
			visit_source(&v, id, visit);
	return v.found;
}

int runtimes_fd(const struct runtimes *r)
{
	return watcher_fd(r->watcher);
}

static void told(void *context, size_t pattern, const char *path, const char *id)
{
	struct visit *v = context;
	v->source = v->runtimes->watched[pattern];
	if (v->source->oci) {
		visit_if_best(v, path, id);
		return;
	}
	/* A new name, perhaps, for what an OCI runtime has. */
	unsigned before = v->found;
	for (v->source = state_sources; is_first(v->source); v->source++)
		visit_source(v, id, visit);
	v->source = v->runtimes->watched[pattern];
	if (v->found == before)
		visit_if_best(v, path, id);
}

int runtimes_changed(struct runtimes *r, runtimes_each each, void *context)
{
	struct visit v = {.runtimes = r, .must_be_there = true, .each = each, .context = context};
	int lost = watcher_read(r->watcher, told, &v);
	return lost > 0 ? runtimes_scan(r, each, context) : lost;
}
