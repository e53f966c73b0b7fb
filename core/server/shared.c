/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

char *shared_options(char *const *options)
{
	struct buf text = {0};
	for (; options && *options; options++) {
		buf_str(&text, *options);
		buf_char(&text, '\n');
	}
	buf_char(&text, '\0');
	if (!text.failed)
		return text.data;
	buf_free(&text);
	return NULL;
}

struct shared *shared_new(const struct host *host, const struct shelf_plugin *plugin, char *const *options,
			  uint64_t streams, int wake, char *why, size_t why_size)
{
	struct shared *o = calloc(1, sizeof(*o));
	size_t n = 0;
	snprintf(why, why_size, "no memory");
	if (!o)
		return NULL;
	while (options && options[n])
		n++;
	o->host = host;
	o->plugin = plugin;
	o->streams = streams;
	o->wake = wake;
	o->options = shared_options(options);
	o->instance =
		o->options ? instance_new(host, plugin->plugin, (const char *const *)options, n, why, why_size) : NULL;
	if (o->instance)
		return o;
	errno = o->options ? EINVAL : ENOMEM;
	free(o->options);
	free(o);
	return NULL;
}

bool shared_serves(const struct shared *o, const struct shelf_plugin *plugin, const char *options, uint64_t streams)
{
	return o->state != SHARED_DOWN && o->plugin->plugin == plugin->plugin && !(streams & ~o->streams) &&
	       !strcmp(o->options, options);
}

static int finish(struct shared *o, int err)
{
	atomic_store(&o->done, true);
	eventfd_write(o->wake, 1);
	return err;
}

static int load(struct loading *loading)
{
	struct shared *o = loading->context;
	const struct eun_plugin *abi = &o->plugin->plugin->abi;
	const struct kernel_object bytes = {abi->object, (size_t)(abi->object_end - abi->object)};
	/* no other thread loads now: see hotplug.c */
	kernel_prepare(o->host->kernel, &bytes, 1);
	return finish(o, instance_load(o->instance, o->streams, loading->why, sizeof(loading->why)));
}

void shared_load(struct shared *o)
{
	o->state = SHARED_LOADING;
	atomic_store(&o->done, false);
	loading_begin(&o->thread, load, o);
}

int shared_loaded(struct shared *o, char *why, size_t why_size)
{
	int err = loading_end(&o->thread, why, why_size);
	if (!err)
		err = instance_open(o->instance, why, why_size);
	kernel_forget(o->host->kernel);
	malloc_trim(0);
	o->state = err ? SHARED_DOWN : SHARED_UP;
	return err;
}

static int detach(struct loading *loading)
{
	struct shared *o = loading->context;
	instance_detach(o->instance);
	return finish(o, 0);
}

void shared_detach(struct shared *o)
{
	instance_close(o->instance);
	o->state = SHARED_DOWN;
	o->detaching = true;
	atomic_store(&o->done, false);
	loading_begin(&o->thread, detach, o);
}

void shared_free(struct shared *o)
{
	if (!o)
		return;
	instance_destroy(o->instance);
	free(o->options);
	free(o);
}
