/* SPDX-License-Identifier: MIT */
#include "container_plugin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/buf.h"
#include "pipeline/loop.h"

struct record {
	struct eun_event h;
	__u64 duration_ns; /* of a start: 0 */
	eun_ref id, name, image, runtime, pod, pod_namespace, cgroup_path;
	__u32 init_pid;
	__u8 state;
	__u8 spare[7];
};

static const struct eun_label states[] = {
	{CONTAINER_PENDING, "pending"}, {CONTAINER_RUNNING, "running"}, {CONTAINER_ENDED, "ended"}, {0, NULL}};

#define COMMON                                                                                           \
	EUN_FIELD(struct record, id, EUN_STRING, 0, "full id"),                                          \
		EUN_FIELD(struct record, name, EUN_STRING, 0, "what its user calls it"),                 \
		EUN_FIELD(struct record, image, EUN_STRING, 0, "image it was made from"),                \
		EUN_FIELD(struct record, runtime, EUN_STRING, 0, "docker, containerd, podman, runc..."), \
		EUN_FIELD(struct record, pod, EUN_STRING, 0, "name of its pod"),                         \
		EUN_FIELD(struct record, pod_namespace, EUN_STRING, 0, "namespace of its pod"),          \
		EUN_FIELD(struct record, init_pid, EUN_U32, 0, "its first process, 0: not known"),       \
		EUN_FIELD(struct record, cgroup_path, EUN_PATH, 0, "its cgroup"),                        \
		EUN_LABELLED(struct record, state, EUN_ENUM, 0, states, "what became of it")

static const struct eun_field start_fields[] = {COMMON};
static const struct eun_field stop_fields[] = {
	COMMON, EUN_FIELD(struct record, duration_ns, EUN_U64, 0, "from its start, or ours, to its end")};

enum { START, STOP };

static const struct eun_stream streams[] = {
	[START] = {.name = "container.start",
		   .version = 1,
		   .record_size = sizeof(struct record),
		   .flags = EUN_STREAM_DEFAULT,
		   .fields = EUN_TABLE(start_fields),
		   .columns = "id,name,image,runtime,init_pid",
		   .role = "container",
		   .help = "containers that start: before their first program runs"},
	[STOP] = {.name = "container.stop",
		  .version = 1,
		  .record_size = sizeof(struct record),
		  .flags = EUN_STREAM_DEFAULT,
		  .fields = EUN_TABLE(stop_fields),
		  .columns = "id,name,image,runtime,duration_ns",
		  .role = "container",
		  .help = "containers whose first process ended"},
};

const struct eun_plugin container_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "container",
	.version = "1.0",
	.license = "MIT",
	.help = "containers that start and stop",
	.streams = EUN_TABLE(streams),
};

/* A container that runs: who its first process is, and the sets that it is in, are known only while it does. */
struct living {
	uint64_t cgroup;
	uint64_t sets;
	struct eun_event head;
};

struct container_streams {
	const struct host *host;
	const struct containers *containers;
	struct instance *instance;
	struct living *items;
	size_t n, room;
};

struct container_streams *container_streams_new(const struct host *host, const struct containers *containers,
						struct instance *instance)
{
	struct container_streams *s = calloc(1, sizeof(*s));
	if (s) {
		s->host = host;
		s->containers = containers;
		s->instance = instance;
	}
	return s;
}

void container_streams_destroy(struct container_streams *s)
{
	if (!s)
		return;
	free(s->items);
	free(s);
}

static uint32_t namespace_of(uint32_t pid, const char *kind)
{
	char path[64];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%u/ns/%s", pid, kind);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* The first process as the actor, as far as it can be seen. */
static void actor_of(struct eun_event *h, const struct container *c)
{
	char path[64], line[256];
	*h = (struct eun_event){.cgroup = c->cgroup, .pid = c->info.pid, .tid = c->info.pid};
	snprintf(path, sizeof(path), "/proc/%u/status", c->info.pid);
	FILE *f = c->info.pid ? fopen(path, "re") : NULL;
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "Name: %15[^\n]", h->comm);
		sscanf(line, "PPid: %u", &h->ppid);
		sscanf(line, "Uid: %u", &h->uid);
		sscanf(line, "Gid: %u", &h->gid);
	}
	if (f)
		fclose(f);
	h->mntns = namespace_of(c->info.pid, "mnt");
	h->pidns = namespace_of(c->info.pid, "pid");
	h->flags = h->pidns != namespace_of(1, "pid") ? EUN_CONTAINER : 0;
}

static struct living *find(const struct container_streams *s, uint64_t cgroup)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].cgroup == cgroup)
			return &s->items[i];
	return NULL;
}

void container_streams_note(void *context, const struct container *c)
{
	struct container_streams *s = context;
	if (!c->cgroup || c->state != CONTAINER_RUNNING || find(s, c->cgroup))
		return;
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct living *grown = realloc(s->items, room * sizeof(*grown));
		if (!grown)
			return;
		s->items = grown;
		s->room = room;
	}
	struct living *l = &s->items[s->n++];
	*l = (struct living){.cgroup = c->cgroup};
	actor_of(&l->head, c);
	/* the kernel forgets a cgroup when it is removed, which may be now */
	l->sets = targets_member(s->host->targets, &l->head, containers_sets(s->containers, c->cgroup));
}

/* A text goes behind the record. */
static eun_ref put(struct buf *b, const char *text)
{
	size_t at = b->len, n = text ? strnlen(text, EUN_STRING_MAX) : 0;
	if (!n || at + n > EUN_RECORD_MAX)
		return 0;
	buf_add(b, text, n);
	return EUN_REF(at, n);
}

static void emit(struct container_streams *s, uint32_t stream, const struct container *c, const struct living *l)
{
	uint64_t now = clock_boot_ns(), sets = l->sets & instance_wanted(s->instance, stream);
	struct record r = {.h = l->head, .init_pid = c->info.pid, .state = (__u8)c->state};
	struct buf b = {0};
	if (!sets)
		return;
	r.h.time = stream == START ? c->started : now;
	r.h.stream = instance_stream(s->instance, stream)->id;
	r.duration_ns = stream == STOP ? now - c->started : 0;
	buf_pad(&b, 0, sizeof(r));
	r.id = put(&b, c->info.id);
	r.name = put(&b, c->info.name);
	r.image = put(&b, c->info.image);
	r.runtime = put(&b, c->info.runtime);
	r.pod = put(&b, c->info.pod);
	r.pod_namespace = put(&b, c->info.pod_namespace);
	r.cgroup_path = put(&b, c->info.cgroup);
	r.h.len = (uint32_t)b.len;
	if (!b.failed) {
		memcpy(b.data, &r, sizeof(r));
		routes_deliver_row(s->host->routes, b.data, r.h.len, sets);
	}
	buf_free(&b);
}

void container_streams_changed(struct container_streams *s, const struct container *c)
{
	struct living *l = find(s, c->cgroup);
	if (c->state == CONTAINER_RUNNING && !l) {
		container_streams_note(s, c);
		l = find(s, c->cgroup);
		if (l)
			emit(s, START, c, l);
	} else if (c->state == CONTAINER_ENDED && l) {
		emit(s, STOP, c, l);
		*l = s->items[--s->n];
	}
}
