/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/loading.h"
#include "host/trim.h"
#include "target/object.h"

int session_init(struct session *s, const char *btf)
{
	*s = (struct session){.host.schema = &s->schema};
	s->host.kernel = kernel_new(btf);
	s->host.routes = routes_new(&s->schema);
	s->census = census_new();
	s->probing = s->host.probing = probing_new();
	if (!s->host.kernel || !s->host.routes || !s->census || !s->probing ||
	    who_init(&s->who, census_containers(s->census), &s->schema))
		return -ENOMEM;
	s->host.cgroup_v1 = census_cgroup_v1(s->census);
	return 0;
}

void session_free(struct session *s)
{
	loop_destroy(s->loop);
	census_destroy(s->census);
	probing_destroy(s->probing);
	rings_destroy(s->host.rings);
	wheres_destroy(s->host.wheres);
	targets_destroy(s->host.targets);
	routes_destroy(s->host.routes);
	kernel_destroy(s->host.kernel);
	schema_destroy(&s->schema);
	who_free(&s->who);
}

int session_open(struct session *s, uint64_t ring_bytes, bool filters, char *why, size_t why_size)
{
	if (*kernel_privileges()) {
		snprintf(why, why_size, "tracing %s", kernel_privileges());
		return -EPERM;
	}
	if (kernel_version() < KERNEL_OLDEST) {
		snprintf(why, why_size, "this kernel is older than Linux 5.15 (see eunomia doctor)");
		return -ENOSYS;
	}
	int err = kernel_btf_check(s->host.kernel, why, why_size);
	if (err)
		return -ENOSYS;
	s->host.targets = targets_new(why, why_size);
	if (!s->host.targets)
		return -errno;
	if (filters && !(s->host.wheres = wheres_new(s->host.targets))) {
		err = -errno;
		snprintf(why, why_size, "filters in the kernel: %s", strerror(-err));
		return err;
	}
	s->host.rings =
		rings_new(ring_bytes ? ring_bytes : RINGS_BULK_BYTES, targets_ctl(s->host.targets), why, why_size);
	return s->host.rings ? 0 : -errno;
}

static int connect_rings(struct loading *loading)
{
	return rings_connect(((struct session *)loading->context)->host.rings);
}

struct beside {
	const struct session *session;
	session_beside work;
	void *context;
};

static int run_beside(struct loading *loading)
{
	const struct beside *b = loading->context;
	int err = census_load(b->session->census, &b->session->host, loading->why, sizeof(loading->why));
	return err ? err : b->work(b->context, loading->why, sizeof(loading->why));
}

void session_prepare(const struct session *s, const struct choices *c)
{
	struct kernel_object *objects = calloc(c->n + 1, sizeof(*objects));
	if (!objects)
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct eun_plugin *abi = &c->items[i].plugin->abi;
		if (abi->object)
			objects[i] = (struct kernel_object){abi->object, (size_t)(abi->object_end - abi->object)};
	}
	objects[c->n].bytes = object_bytes(&objects[c->n].size);
	kernel_prepare(s->host.kernel, objects, c->n + 1);
	free(objects);
}

int session_load(struct session *s, const struct choices *c, session_beside beside, void *context, char *why,
		 size_t why_size)
{
	struct loading *loads = calloc(c->n + 1, sizeof(*loads)), rings;
	struct beside work = {s, beside, context};
	snprintf(why, why_size, "no memory");
	if (!loads)
		return -ENOMEM;
	loading_begin(&rings, connect_rings, s); /* it waits, mostly */
	session_prepare(s, c);
	int err = loading_end(&rings, NULL, 0);
	if (err) {
		snprintf(why, why_size, "rings: %s", strerror(-err));
		free(loads);
		return err;
	}
	for (size_t i = 0; i < c->n; i++)
		loading_instance(&loads[i], c->items[i].instance,
				 c->items[i].streams | c->items[i].watched | c->items[i].feeds);
	loading_begin(&loads[c->n], run_beside, &work);
	err = loading_end(&loads[c->n], why, why_size);
	for (size_t i = 0; i < c->n; i++) {
		char reason[512];
		int failed = loading_end(&loads[i], reason, sizeof(reason));
		if (!failed && !err)
			failed = instance_open(c->items[i].instance, reason, sizeof(reason));
		if (failed && !err) {
			snprintf(why, why_size, "%s", reason);
			err = failed;
		}
	}
	free(loads);
	kernel_forget(s->host.kernel);
	trim_memory();
	return err;
}

static void deliver(void *context, const void *record, uint32_t len, uint64_t sets)
{
	const struct session *s = context;
	if (!census_record(s->census, record, len))
		routes_deliver(s->host.routes, record, len, sets);
}

/* Someone came or went: his last events go before his end. */
static void on_census(void *context)
{
	const struct session *s = context;
	loop_drain(s->loop);
	census_look(s->census);
	s->drained(s->context);
}

/* Code was mapped: it may be of a file that probes are meant for. */
static void on_probing(void *context)
{
	probing_look(context);
}

int session_loop(struct session *s, void (*drained)(void *context), void *context)
{
	s->drained = drained;
	s->context = context;
	s->loop = loop_new(s->host.rings, deliver, s);
	if (!s->loop)
		return -errno;
	loop_on_drained(s->loop, drained, context);
	int err = loop_add_fd(s->loop, probing_fd(s->probing), on_probing, s->probing);
	return err < 0 ? err : loop_add_fd(s->loop, census_fd(s->census), on_census, s);
}

bool session_denied(int err)
{
	static const int denied[] = {-EPERM, -EACCES, -ENOENT, -ENODEV, -EOPNOTSUPP, -ENOSYS};
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (err == denied[i])
			return true;
	return false;
}

void session_stop(struct session *s, const struct choices *c)
{
	for (size_t i = 0; i < c->n; i++)
		instance_stop(c->items[i].instance);
	kernel_grace();
	for (size_t i = 0; i < c->n; i++)
		instance_stopped(c->items[i].instance);
	loop_drain(s->loop);
}
