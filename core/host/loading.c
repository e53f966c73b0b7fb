/* SPDX-License-Identifier: MIT */
#include "loading.h"

#include <signal.h>
#include <stdio.h>

static void *load(void *context)
{
	struct loading *l = context;
	l->err = instance_load(l->instance, l->streams, l->why, sizeof(l->why));
	return NULL;
}

void loading_begin(struct loading *l, struct instance *instance, uint64_t streams)
{
	*l = (struct loading){.instance = instance, .streams = streams};
	/* signals are the host's thread's business */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	l->threaded = !pthread_create(&l->thread, NULL, load, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!l->threaded)
		load(l);
}

int loading_end(struct loading *l, char *why, size_t why_size)
{
	if (l->threaded)
		pthread_join(l->thread, NULL);
	if (l->err)
		snprintf(why, why_size, "%s", l->why);
	return l->err;
}
