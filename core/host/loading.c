/* SPDX-License-Identifier: MIT */
#include "loading.h"

#include <signal.h>
#include <stdio.h>

static void *load(void *context)
{
	struct loading *l = context;
	l->err = l->work(l);
	return NULL;
}

static void begin(struct loading *l)
{
	/* signals are the host's thread's business */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->threaded = !pthread_create(&l->thread, NULL, load, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!l->threaded)
		l->err = l->work(l);
}

void loading_begin(struct loading *l, int (*work)(struct loading *), void *context)
{
	*l = (struct loading){.work = work, .context = context};
	begin(l);
}

static int load_instance(struct loading *l)
{
	return instance_load(l->instance, l->streams, l->why, sizeof(l->why));
}

void loading_instance(struct loading *l, struct instance *instance, uint64_t streams)
{
	*l = (struct loading){.work = load_instance, .instance = instance, .streams = streams};
	begin(l);
}

int loading_end(struct loading *l, char *why, size_t why_size)
{
	if (l->threaded)
		pthread_join(l->thread, NULL);
	if (l->err && why)
		snprintf(why, why_size, "%s", l->why);
	return l->err;
}
