/* SPDX-License-Identifier: MIT */
#include "instance.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "aggregate.h"
#include "instance_impl.h"
#include "load.h"
#include "probe.h"
#include "probing.h"
#include "pipeline/loop.h"

void kernel_grace(void)
{
	/* MEMBARRIER_CMD_GLOBAL is synchronize_rcu() in kernel/sched/membarrier.c */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000); /* nohz_full machines refuse it: no program runs as long */
}

static int fail(struct instance *in, const char *step, int err, char *why, size_t why_size)
{
	const char *text = in->failure[0] ? in->failure : strerror(-err);
	const char *remedy = err == -EPERM || err == -EACCES ? kernel_privileges() : "";
	snprintf(why, why_size, "[%s] %s: %s%s%s%s", in->plugin->abi.name, step, text, *remedy ? " (" : "", remedy,
		 *remedy ? ")" : "");
	in->failure[0] = '\0';
	return err;
}

/* The host's functions, given to callbacks */

static void api_log(struct eun_instance *opaque, int level, const char *fmt, ...)
{
	struct instance *in = (struct instance *)opaque;
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (in->host->log)
		in->host->log(in->host->log_context, level, in->plugin->abi.name, text);
}

static int api_fail(struct eun_instance *opaque, int err, const char *fmt, ...)
{
	struct instance *in = (struct instance *)opaque;
	va_list args;
	va_start(args, fmt);
	vsnprintf(in->failure, sizeof(in->failure), fmt, args);
	va_end(args);
	return err < 0 ? err : -err;
}

static int api_emit(struct eun_instance *opaque, __u32 stream, struct eun_event *rec)
{
	struct instance *in = (struct instance *)opaque;
	if (stream >= in->plugin->abi.streams.count || rec->len < in->plugin->streams[stream].record_size)
		return -EINVAL;
	rec->stream = in->streams[stream]->id;
	if (!rec->time)
		rec->time = clock_boot_ns();
	return routes_deliver_row(in->host->routes, rec, rec->len, in->ctl ? in->ctl[stream].sets : 0);
}

static int api_map_fd(struct eun_instance *opaque, const char *map)
{
	struct instance *in = (struct instance *)opaque;
	int fd = in->object ? bpf_object__find_map_fd_by_name(in->object, map) : -ENOENT;
	return fd < 0 ? -ENOENT : fd;
}

static const char *api_option(struct eun_instance *opaque, const char *key)
{
	struct instance *in = (struct instance *)opaque;
	for (uint32_t i = 0; i < in->plugin->abi.options.count; i++)
		if (!strcmp(in->plugin->options[i].key, key))
			return in->options[i];
	return NULL;
}

static const struct eun_host host_api = {
	.size = sizeof(host_api),
	.log = api_log,
	.fail = api_fail,
	.emit = api_emit,
	.map_fd = api_map_fd,
	.option = api_option,
};

static int option_set(struct instance *in, const char *text, char *why, size_t why_size)
{
	const struct plugin *p = in->plugin;
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : strlen(text);
	const char *names[128];
	size_t n_names = 0;
	for (uint32_t i = 0; i < p->abi.options.count; i++) {
		const struct eun_option *o = &p->options[i];
		if (n_names < 128)
			names[n_names++] = o->key;
		if (strlen(o->key) != n || strncmp(o->key, text, n) != 0)
			continue;
		struct option_value value;
		int err = option_parse(o, equals ? equals + 1 : "true", &value, why, why_size);
		if (err)
			return err;
		free(in->options[i]);
		in->options[i] = strdup(equals ? equals + 1 : "true");
		return in->options[i] ? 0 : -ENOMEM;
	}
	char key[64];
	snprintf(key, sizeof(key), "%.*s", (int)n, text);
	const char *near = nearest_name(key, names, n_names);
	snprintf(why, why_size, "plugin %s has no option '%s'%s%s%s", p->abi.name, key, near ? " (did you mean '" : "",
		 near ? near : "", near ? "'?)" : "");
	return -EINVAL;
}

static int streams_add(struct instance *in, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < in->plugin->abi.streams.count; i++) {
		struct stream *s = plugin_stream_new(in->plugin, i, why, why_size);
		if (!s)
			return -EINVAL;
		s->format = in->plugin->abi.format;
		s->format_stream = i;
		if (schema_add(in->host->schema, s)) {
			stream_destroy(s);
			snprintf(why, why_size, "[%s] too many streams", in->plugin->abi.name);
			return -E2BIG;
		}
		in->streams[i] = s;
	}
	return 0;
}

struct instance *instance_new(const struct host *host, const struct plugin *plugin, const char *const *options,
			      size_t n, char *why, size_t why_size)
{
	struct instance *in = calloc(1, sizeof(*in));
	if (!in)
		goto no_memory;
	in->host = host;
	in->plugin = plugin;
	in->counts_fd = -1;
	in->options = calloc(plugin->abi.options.count + 1, sizeof(*in->options));
	in->rows = calloc(plugin->abi.programs.count + 1, sizeof(*in->rows));
	in->aggregates = calloc(plugin->abi.aggregates.count + 1, sizeof(*in->aggregates));
	if (!in->options || !in->rows || !in->aggregates)
		goto no_memory;
	for (uint32_t i = 0; i < plugin->abi.options.count; i++)
		if (!(in->options[i] = strdup(plugin->options[i].def)))
			goto no_memory;
	for (size_t i = 0; i < n; i++)
		if (option_set(in, options[i], why, why_size))
			goto failed;
	if (streams_add(in, why, why_size))
		goto failed;
	return in;
no_memory:
	snprintf(why, why_size, "no memory");
failed:
	instance_destroy(in);
	return NULL;
}

void instance_close(struct instance *in)
{
	if (in->opened && in->plugin->abi.close)
		in->plugin->abi.close(in->self);
	in->opened = false;
	if (in->probes && in->host->probing)
		probing_remove(in->host->probing, in->probes);
}

void instance_detach(struct instance *in)
{
	load_undo(in);
}

/* Undoes instance_start(); also one that failed half-way. */
static void unload(struct instance *in)
{
	instance_close(in);
	instance_detach(in);
}

void instance_destroy(struct instance *in)
{
	if (!in)
		return;
	unload(in);
	for (uint32_t i = 0; i < in->plugin->abi.streams.count; i++)
		if (in->streams[i]) {
			routes_forget(in->host->routes, in->streams[i]->id);
			schema_remove(in->host->schema, in->streams[i]->id);
		}
	for (uint32_t i = 0; in->options && i < in->plugin->abi.options.count; i++)
		free(in->options[i]);
	free(in->options);
	free(in->rows);
	free(in->aggregates);
	free(in);
}

const struct stream *instance_stream(const struct instance *in, uint32_t i)
{
	return i < in->plugin->abi.streams.count ? in->streams[i] : NULL;
}

int instance_load(struct instance *in, uint64_t streams, char *why, size_t why_size)
{
	return load_object(in, streams, why, why_size);
}

int instance_open(struct instance *in, char *why, size_t why_size)
{
	const struct eun_plugin *abi = &in->plugin->abi;
	int err = abi->open ? abi->open(&host_api, (struct eun_instance *)in, &in->self) : 0;
	if (err) {
		fail(in, "open", err, why, why_size);
		unload(in);
		return err;
	}
	in->opened = true;
	for (uint32_t i = 0; i < abi->streams.count; i++)
		in->streams[i]->format_self = in->self;
	err = in->probes && in->host->probing ? probing_add(in->host->probing, in->probes) : 0;
	if (err) {
		snprintf(in->failure, sizeof(in->failure), "code that is mapped can't be watched: %s", strerror(-err));
		fail(in, "probes", err, why, why_size);
		unload(in);
	}
	return err;
}

void instance_want(struct instance *in, uint32_t stream, int set, bool wanted)
{
	uint64_t bit = 1ull << set;
	uint64_t *sets = (uint64_t *)&in->ctl[stream].sets;
	if (wanted)
		__atomic_or_fetch(sets, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_and_fetch(sets, ~bit, __ATOMIC_SEQ_CST);
}

uint64_t instance_wanted(const struct instance *in, uint32_t stream)
{
	return in->ctl ? __atomic_load_n((uint64_t *)&in->ctl[stream].sets, __ATOMIC_RELAXED) : 0;
}

int instance_where(struct instance *in, uint32_t stream, const struct filter *const *filters, size_t n)
{
	if (!in->host->wheres || !in->ctl)
		return 0;
	int place = wheres_add(in->host->wheres, filters, n, in->streams[stream]);
	uint32_t before =
		__atomic_exchange_n(&in->ctl[stream].where, place < 0 ? 0 : (uint32_t)place, __ATOMIC_SEQ_CST);
	if (place < 0) {
		kernel_grace();
		wheres_free(in->host->wheres, before);
		return place;
	}
	return (int)before;
}

int instance_seed(struct instance *in, char *why, size_t why_size)
{
	int err = load_seed(in);
	return err ? fail(in, "seed", err, why, why_size) : 0;
}

void instance_stop(struct instance *in)
{
	for (uint32_t i = 0; in->ctl && i < in->plugin->abi.streams.count; i++)
		__atomic_store_n((uint64_t *)&in->ctl[i].sets, 0, __ATOMIC_SEQ_CST);
}

void instance_stopped(struct instance *in)
{
	if (in->opened && in->plugin->abi.stop)
		in->plugin->abi.stop(in->self);
}

int instance_drain(struct instance *in, bool stopped, char *why, size_t why_size)
{
	bool any = false;
	int err = 0;
	/* programs fill the other epoch from here on; once those that run have ended, the old one is at rest */
	for (uint32_t i = 0; i < in->plugin->abi.aggregates.count && !stopped; i++) {
		if (!in->aggregates[i].used)
			continue;
		in->ctl[in->plugin->aggregates[i].stream].epoch ^= 1;
		any = true;
	}
	if (any)
		kernel_grace();
	for (uint32_t i = 0; i < in->plugin->abi.aggregates.count && !err; i++)
		if (in->aggregates[i].used)
			err = aggregate_drain(
				in, i, stopped ? AGGREGATE_ALL : in->ctl[in->plugin->aggregates[i].stream].epoch ^ 1);
	return err ? fail(in, "drain", err, why, why_size) : 0;
}

int instance_tick(struct instance *in, uint64_t now, char *why, size_t why_size)
{
	const struct eun_plugin *abi = &in->plugin->abi;
	if (!in->opened || !abi->tick || !abi->tick_ms || now < in->next_tick)
		return 0;
	in->next_tick = now + (uint64_t)abi->tick_ms * 1000000;
	int err = abi->tick(in->self);
	return err ? fail(in, "tick", err, why, why_size) : 0;
}

int instance_counts(const struct instance *in, uint32_t stream, struct stream_counts *out)
{
	*out = (struct stream_counts){.host = routes_counts(in->host->routes, in->streams[stream]->id)};
	for (uint32_t i = 0; i < in->plugin->abi.aggregates.count; i++)
		if (in->plugin->aggregates[i].stream == stream)
			out->drained += in->aggregates[i].drained;
	int cpus = libbpf_num_possible_cpus();
	if (in->counts_fd < 0 || cpus < 1)
		return 0;
	struct eun_counts *percpu = calloc((size_t)cpus, sizeof(*percpu));
	if (!percpu)
		return -ENOMEM;
	int err = bpf_map_lookup_elem(in->counts_fd, &stream, percpu);
	for (int c = 0; !err && c < cpus; c++) {
		const uint64_t *from = (const uint64_t *)&percpu[c];
		uint64_t *to = (uint64_t *)&out->bpf;
		for (size_t i = 0; i < sizeof(*percpu) / sizeof(*from); i++)
			to[i] += from[i];
	}
	free(percpu);
	return err;
}

int64_t stream_counts_error(const struct stream_counts *c)
{
	const struct eun_counts *b = &c->bpf;
	uint64_t ways = b->not_target + b->not_where + b->aggregated + b->sent + b->lost;
	uint64_t arrived = c->host.delivered + c->host.invalid;
	uint64_t rows = c->drained + b->full;
	int64_t kernel = (int64_t)(b->seen - ways), ring = (int64_t)(b->sent - arrived);
	int64_t rest = (int64_t)(b->aggregated - rows);
	return llabs(kernel) + llabs(ring) + llabs(rest);
}

const struct program_status *instance_program(const struct instance *in, uint32_t row)
{
	return &in->rows[row].status;
}
