/* SPDX-License-Identifier: MIT */
#include "hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/shared.h"

#define OVER_MAX 64          /* jobs that are over and still told of */
#define DRAIN_NS 1000000000u /* aggregates of running jobs */

const char *const job_state_names[] = {"loading", "running", "stopping", "closing", "closed", "failed", NULL};

/* A stream of a job: the context of a consumer. */
struct job_tap {
	struct job *job;
	const struct stream *stream; /* the shelf's */
	uint32_t index;              /* the plugin's */
};

/* What a job has while it is not over. */
struct job_run {
	struct hotplug *pool;
	struct shared *object;
	struct filter *where;
	struct job_tap taps[EUN_STREAMS_MAX];
	size_t n_taps;
	uint32_t places[EUN_STREAMS_MAX]; /* of filters that were replaced: free after the job's grace period */
	size_t n_places;
	int set; /* -1: none */
	bool cancelled, gone;
	uint64_t asked, deadline; /* boot clock, ns; deadline 0: none */
	struct loading thread;    /* the grace period */
	atomic_bool done;
};

struct hotplug {
	struct daemon *daemon;
	struct session *session;
	size_t most;
	void (*changed)(void *context, struct job *job);
	void *context;
	struct job *first;
	struct shared *objects;
	uint64_t last_id;
	int wake;
	struct hotplug_counts counts;
};

static void texts_free(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

void job_spec_free(struct job_spec *s)
{
	texts_free(s->options);
	texts_free(s->comms);
	texts_free(s->containers);
	free(s->filter);
	free(s->label);
	free(s->pids);
	free(s->uids);
	*s = (struct job_spec){0};
}

static void set_state(struct job *job, enum job_state state)
{
	const struct hotplug *p = job->run->pool;
	job->state = state;
	p->changed(p->context, job);
}

/* ---- what a job has ---- */

static void on_event(void *context, const struct view *view)
{
	const struct job_tap *t = context;
	const struct view of_shelf = {view->rec, view->len, t->stream, NULL};
	t->job->events++;
	t->job->spec.event(t->job->spec.context, &of_shelf);
}

/* What the kernel is asked for a stream of an object: by all jobs that have it on. */
static void set_where(struct hotplug *p, struct job *owner, struct shared *object, uint32_t stream)
{
	const struct filter *filters[64];
	struct job_run *keeper = owner->run;
	size_t n = 0;
	for (struct job *j = p->first; j; j = j->next)
		if (j->run && j->run->object == object && j->state == JOB_RUNNING && j->spec.streams & EUN_BIT(stream))
			filters[n++] = j->run->where;
	int place = n ? instance_where(object->instance, stream, filters, n) : 0;
	if (place > 0 && keeper->n_places < EUN_STREAMS_MAX)
		keeper->places[keeper->n_places++] = (uint32_t)place;
}

static int connect_taps(struct hotplug *p, struct job *job)
{
	struct job_run *r = job->run;
	for (uint32_t s = 0; s < job->spec.plugin->plugin->abi.streams.count; s++) {
		if (!(job->spec.streams & EUN_BIT(s)))
			continue;
		struct job_tap *t = &r->taps[r->n_taps];
		*t = (struct job_tap){job, job->spec.plugin->streams[s], s};
		const struct consumer consumer = {1ull << r->set, r->where, on_event, t};
		if (routes_add(p->session->host.routes, instance_stream(r->object->instance, s)->id, &consumer))
			return -ENOMEM;
		r->n_taps++;
	}
	return 0;
}

static void disconnect_taps(struct hotplug *p, struct job *job)
{
	struct job_run *r = job->run;
	for (size_t i = 0; i < r->n_taps; i++)
		routes_remove(p->session->host.routes, instance_stream(r->object->instance, r->taps[i].index)->id,
			      &r->taps[i]);
	r->n_taps = 0;
}

void hotplug_count(struct job *job)
{
	const struct job_run *r = job->run;
	if (!r || !r->object || r->object->state != SHARED_UP)
		return;
	for (uint32_t s = 0; s < job->spec.plugin->plugin->abi.streams.count; s++)
		if (job->spec.streams & EUN_BIT(s))
			instance_counts(r->object->instance, s, &job->counts[s]);
	job->missed = instance_missed(r->object->instance);
}

/* Over: gives everything back but what is told of it. */
static void finish_job(struct job *job, enum job_state state)
{
	struct job_run *r = job->run;
	struct hotplug *p = r->pool;
	if (r->set >= 0) {
		targets_remove(p->session->host.targets, r->set);
		census_drop(p->session->census, r->set);
	}
	job->ended = clock_boot_ns();
	p->counts.active--;
	p->counts.failed += state == JOB_FAILED;
	set_state(job, state);
	filter_destroy(r->where);
	job->run = NULL;
	free(r);
}

/* ---- objects ---- */

static struct shared *find_object(const struct hotplug *p, const struct job_spec *s)
{
	char *options = shared_options(s->options);
	struct shared *o = options ? p->objects : NULL;
	while (o && !shared_serves(o, s->plugin, options, s->streams))
		o = o->next;
	free(options);
	return o;
}

/* One at a time: kernel_prepare() is for all that load. */
static void load_next(struct hotplug *p)
{
	struct shared *waiting = NULL;
	for (struct shared *o = p->objects; o; o = o->next) {
		if (o->state == SHARED_LOADING)
			return;
		if (o->state == SHARED_NEW)
			waiting = o; /* the oldest is the last */
	}
	if (waiting)
		shared_load(waiting);
}

static void drop_object(struct hotplug *p, struct shared *object)
{
	for (struct shared **at = &p->objects; *at; at = &(*at)->next)
		if (*at == object) {
			*at = object->next;
			break;
		}
	shared_free(object);
	p->counts.objects--;
}

/* ---- a job begins ---- */

static int fail(char *place, size_t size, const char *where, int err)
{
	snprintf(place, size, "%s", where);
	return err;
}

static int compile(struct hotplug *p, struct job *job, char *place, size_t place_size, char *why, size_t why_size)
{
	const struct stream *streams[EUN_STREAMS_MAX];
	struct filter_error error;
	uint32_t n = 0;
	(void)p;
	for (uint32_t s = 0; s < job->spec.plugin->plugin->abi.streams.count; s++)
		if (job->spec.streams & EUN_BIT(s))
			streams[n++] = instance_stream(job->run->object->instance, s);
	int err = job->spec.filter ? filter_compile(&job->run->where, job->spec.filter, NULL, streams, n, NULL, &error)
				   : 0;
	if (err == -EINVAL) {
		snprintf(place, place_size, "filter:%u:%u", error.line, error.column);
		snprintf(why, why_size, "%s", error.text);
	}
	return err;
}

static int add_targets(struct hotplug *p, struct job *job, char *why, size_t why_size)
{
	const struct job_spec *s = &job->spec;
	struct target_spec target = {
		.pids = s->pids,
		.n_pids = s->n_pids,
		.follow = s->follow,
		.uids = s->uids,
		.n_uids = s->n_uids,
		.comms = (const char *const *)s->comms,
		.containers = s->containers && *s->containers,
	};
	while (s->comms && s->comms[target.n_comms])
		target.n_comms++;
	job->run->set = targets_add(p->session->host.targets, &target, why, why_size);
	if (job->run->set < 0)
		return job->run->set;
	int err = 0;
	for (char *const *name = s->containers; name && *name && !err; name++)
		err = census_ask(p->session->census, job->run->set, *name);
	if (target.containers)
		census_asked(p->session->census);
	return err;
}

static int prepare(struct hotplug *p, struct job *job, char *place, size_t place_size, char *why, size_t why_size)
{
	struct job_run *r = job->run;
	if (p->counts.active >= p->most) {
		snprintf(why, why_size, "%zu instances are running: stop one, or see 'instances' in [server]", p->most);
		return -EBUSY;
	}
	if (!job->spec.plugin->plugin->abi.object) {
		snprintf(why, why_size, "plugin %s is built in and runs always", job->spec.plugin->plugin->abi.name);
		return fail(place, place_size, "plugin", -EINVAL);
	}
	r->object = find_object(p, &job->spec);
	if (!r->object) {
		r->object = shared_new(&p->session->host, job->spec.plugin, job->spec.options, job->spec.streams,
				       p->wake, why, why_size);
		if (!r->object)
			return fail(place, place_size, "options", -errno);
		r->object->next = p->objects;
		p->objects = r->object;
		p->counts.objects++;
	}
	int err = compile(p, job, place, place_size, why, why_size);
	if (err)
		return err;
	err = add_targets(p, job, why, why_size);
	return err ? fail(place, place_size, "target", err == -ESRCH ? -EINVAL : err) : 0;
}

/* Its object is up. */
static int begin(struct hotplug *p, struct job *job)
{
	struct job_run *r = job->run;
	int err = connect_taps(p, job);
	if (err) {
		snprintf(job->why, sizeof(job->why), "no memory");
		return err;
	}
	job->state = JOB_RUNNING;
	for (size_t i = 0; i < r->n_taps; i++) {
		set_where(p, job, r->object, r->taps[i].index);
		instance_want(r->object->instance, r->taps[i].index, r->set, true);
	}
	job->started = clock_boot_ns();
	r->object->drained = job->started;
	if (job->spec.duration_ms)
		r->deadline = job->started + job->spec.duration_ms * 1000000;
	err = instance_seed(r->object->instance, job->why, sizeof(job->why));
	job->load_ns = clock_boot_ns() - r->asked;
	return err;
}

static int grace(struct loading *loading)
{
	struct job_run *r = loading->context;
	kernel_grace();
	atomic_store(&r->done, true);
	eventfd_write(r->pool->wake, 1);
	return 0;
}

static void switch_off(struct hotplug *p, struct job *job)
{
	struct job_run *r = job->run;
	set_state(job, JOB_STOPPING);
	for (size_t i = 0; i < r->n_taps; i++) {
		instance_want(r->object->instance, r->taps[i].index, r->set, false);
		set_where(p, job, r->object, r->taps[i].index);
	}
	if (r->object->jobs == 1)
		instance_stop(r->object->instance);
	atomic_store(&r->done, false);
	loading_begin(&r->thread, grace, r);
}

/* The grace period is over: what is on its way, and the rows that maps hold. */
static void deliver_rest(struct hotplug *p, struct job *job)
{
	struct job_run *r = job->run;
	char why[512];
	loop_drain(p->session->loop);
	if (instance_drain(r->object->instance, r->object->jobs == 1, why, sizeof(why)))
		daemon_say(p->daemon, EUN_LOG_ERROR, "%s", why);
	hotplug_count(job);
	disconnect_taps(p, job);
	for (size_t i = 0; i < r->n_places; i++)
		wheres_free(p->session->host.wheres, r->places[i]);
	r->n_places = 0;
}

static void leave_object(struct hotplug *p, struct job *job)
{
	static const struct filter *const all[1];
	struct shared *o = job->run->object;
	if (--o->jobs) {
		finish_job(job, *job->why ? JOB_FAILED : JOB_CLOSED);
		return;
	}
	for (uint32_t s = 0; s < o->plugin->plugin->abi.streams.count; s++) { /* what is gone keeps no place */
		int place = job->spec.streams & EUN_BIT(s) ? instance_where(o->instance, s, all, 1) : 0;
		if (place > 0)
			wheres_free(p->session->host.wheres, (uint32_t)place);
	}
	instance_stopped(o->instance);
	set_state(job, JOB_CLOSING);
	shared_detach(o);
}

/* ---- what the threads have done ---- */

static void fail_jobs(struct hotplug *p, struct shared *o, const char *why)
{
	for (struct job *j = p->first, *next; j; j = next) {
		next = j->next;
		if (!j->run || j->run->object != o)
			continue;
		snprintf(j->why, sizeof(j->why), "%s", why);
		o->jobs--;
		struct job_spec *s = &j->spec;
		finish_job(j, JOB_FAILED);
		if (s->started)
			s->started(s->context, j);
		if (s->stopped)
			s->stopped(s->context, j);
	}
	drop_object(p, o);
}

static void begin_jobs(struct hotplug *p, struct shared *o)
{
	for (struct job *j = p->first; j; j = j->next) {
		if (!j->run || j->run->object != o || j->state != JOB_LOADING)
			continue;
		bool failed = begin(p, j);
		if (!failed)
			set_state(j, JOB_RUNNING);
		if (j->spec.started)
			j->spec.started(j->spec.context, j);
		if (failed || j->run->cancelled)
			switch_off(p, j);
	}
}

static void look_at_objects(struct hotplug *p)
{
	for (struct shared *o = p->objects, *next; o; o = next) {
		next = o->next;
		if (o->state == SHARED_LOADING && atomic_load(&o->done)) {
			char why[512];
			if (shared_loaded(o, why, sizeof(why)))
				fail_jobs(p, o, why);
			else
				begin_jobs(p, o);
		} else if (o->detaching && atomic_load(&o->done)) {
			loading_end(&o->thread, NULL, 0);
			o->detaching = false;
			for (struct job *j = p->first; j; j = j->next)
				if (j->run && j->run->object == o)
					finish_job(j, *j->why ? JOB_FAILED : JOB_CLOSED);
			drop_object(p, o);
		}
	}
}

static void look_at_jobs(struct hotplug *p)
{
	for (struct job *j = p->first, *next; j; j = next) {
		next = j->next;
		if (!j->run || j->state != JOB_STOPPING || !atomic_load(&j->run->done))
			continue;
		loading_end(&j->run->thread, NULL, 0);
		deliver_rest(p, j);
		if (j->spec.stopped)
			j->spec.stopped(j->spec.context, j);
		leave_object(p, j);
	}
}

static void on_wake(void *context)
{
	struct hotplug *p = context;
	eventfd_t n;
	eventfd_read(p->wake, &n);
	look_at_jobs(p);
	look_at_objects(p);
	load_next(p);
}

/* Those that are over go, but for the last ones. */
static void forget_old(struct hotplug *p)
{
	size_t over = 0;
	for (struct job **at = &p->first; *at;) {
		struct job *j = *at;
		if (j->run || over++ < OVER_MAX) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		job_spec_free(&j->spec);
		free(j);
	}
}

/* ---- for all ---- */

struct hotplug *hotplug_new(struct daemon *daemon, size_t most, void (*changed)(void *context, struct job *job),
			    void *context, char *why, size_t why_size)
{
	struct hotplug *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct hotplug){
		.daemon = daemon, .session = &daemon->session, .most = most, .changed = changed, .context = context};
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int err = p->wake < 0 ? -errno : loop_add_fd(p->session->loop, p->wake, on_wake, p);
	if (!err)
		return p;
	snprintf(why, why_size, "event loop: %s", strerror(-err));
	if (p->wake >= 0)
		close(p->wake);
	free(p);
	errno = -err;
	return NULL;
}

struct job *hotplug_start(struct hotplug *p, struct job_spec *spec, char *place, size_t place_size, char *why,
			  size_t why_size)
{
	struct job *job = calloc(1, sizeof(*job));
	struct job_run *r = calloc(1, sizeof(*r));
	int err = job && r ? 0 : -ENOMEM;
	*place = '\0';
	snprintf(why, why_size, "no memory");
	if (!err) {
		job->spec = *spec;
		job->run = r;
		*r = (struct job_run){.pool = p, .set = -1, .asked = clock_boot_ns()};
		err = prepare(p, job, place, place_size, why, why_size);
	}
	if (err) {
		if (r)
			filter_destroy(r->where);
		if (r && r->object && !r->object->jobs)
			drop_object(p, r->object);
		free(r);
		free(job);
		job_spec_free(spec);
		errno = -err;
		return NULL;
	}
	*spec = (struct job_spec){0};
	job->id = ++p->last_id;
	job->next = p->first;
	p->first = job;
	p->counts.started++;
	p->counts.active++;
	r->object->jobs++;
	set_state(job, JOB_LOADING);
	forget_old(p);
	if (r->object->state == SHARED_UP)
		begin_jobs(p, r->object);
	else
		load_next(p);
	return job;
}

void hotplug_stop(struct hotplug *p, struct job *job)
{
	if (!job->run)
		return;
	if (job->state == JOB_RUNNING)
		switch_off(p, job);
	else if (job->state == JOB_LOADING)
		job->run->cancelled = true;
}

struct job *hotplug_find(const struct hotplug *p, uint64_t id)
{
	struct job *j = p->first;
	while (j && j->id != id)
		j = j->next;
	return j;
}

struct job *hotplug_first(const struct hotplug *p)
{
	return p->first;
}

void hotplug_counts(const struct hotplug *p, struct hotplug_counts *out)
{
	*out = p->counts;
}

/* True: some running job wants the rows of its aggregates as they come. */
static bool wants_rows(const struct hotplug *p, const struct shared *o)
{
	for (const struct job *j = p->first; j; j = j->next)
		if (j->run && j->run->object == o && j->state == JOB_RUNNING && !j->spec.patient)
			return true;
	return false;
}

void hotplug_tick(struct hotplug *p)
{
	uint64_t now = clock_boot_ns();
	char why[512];
	for (struct job *j = p->first; j; j = j->next) {
		struct job_run *r = j->run;
		if (!r || j->state != JOB_RUNNING)
			continue;
		bool gone = j->spec.n_pids && targets_gone(p->session->host.targets, r->set);
		/* gone twice: the dead still close their files */
		if ((r->deadline && now >= r->deadline) || (gone && r->gone && !r->deadline))
			switch_off(p, j);
		r->gone = gone;
	}
	for (struct shared *o = p->objects; o; o = o->next) {
		if (o->state != SHARED_UP)
			continue;
		if (instance_tick(o->instance, now, why, sizeof(why)))
			daemon_say(p->daemon, EUN_LOG_ERROR, "%s", why);
		if (now - o->drained < DRAIN_NS || !wants_rows(p, o))
			continue;
		o->drained = now;
		if (instance_drain(o->instance, false, why, sizeof(why)))
			daemon_say(p->daemon, EUN_LOG_ERROR, "%s", why);
	}
}

void hotplug_settle(struct hotplug *p)
{
	for (struct shared *o = p->objects; o; o = o->next)
		while (o->state == SHARED_LOADING && !atomic_load(&o->done)) {
			loop_drain(p->session->loop);
			usleep(1000);
		}
	on_wake(p);
}

void hotplug_end(struct hotplug *p)
{
	for (struct shared *o = p->objects; o; o = o->next) {
		if (o->state == SHARED_NEW)
			o->state = SHARED_DOWN; /* it loads no more */
		while (o->state == SHARED_LOADING && !atomic_load(&o->done))
			usleep(1000);
	}
	look_at_objects(p);
	for (struct job *j = p->first; j; j = j->next)
		if (j->run && j->state == JOB_RUNNING)
			switch_off(p, j);
	kernel_grace();
	for (struct job *j = p->first; j; j = j->next) {
		if (!j->run || j->state != JOB_STOPPING)
			continue;
		loading_end(&j->run->thread, NULL, 0);
		deliver_rest(p, j);
		if (j->spec.stopped)
			j->spec.stopped(j->spec.context, j);
		if (!--j->run->object->jobs)
			instance_stopped(j->run->object->instance);
		finish_job(j, JOB_CLOSED);
	}
}

void hotplug_destroy(struct hotplug *p)
{
	if (!p)
		return;
	for (struct job *j = p->first, *next; j; j = next) {
		next = j->next;
		if (j->run)
			filter_destroy(j->run->where);
		free(j->run);
		job_spec_free(&j->spec);
		free(j);
	}
	for (struct shared *o = p->objects, *next; o; o = next) {
		next = o->next;
		if (o->detaching)
			loading_end(&o->thread, NULL, 0);
		shared_free(o);
	}
	close(p->wake);
	free(p);
}
