/* SPDX-License-Identifier: MIT */
#include "container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "container_table.h"

const char *const container_state_names[] = {"pending", "running", "ended", NULL};

static struct node **slot_of(const struct containers *cs, uint64_t id)
{
	return &cs->slots[(id * 0x9e3779b97f4a7c15ull) >> 48 & (NODES_MAX - 1)];
}

struct node *node_find(const struct containers *cs, uint64_t id)
{
	struct node *n = *slot_of(cs, id);
	while (n && n->id != id)
		n = n->next;
	return n;
}

static void chain(struct node **head, struct node *n)
{
	n->before = NULL;
	n->by = *head;
	if (*head)
		(*head)->before = n;
	*head = n;
}

static void unchain(struct node **head, struct node *n)
{
	if (n->before)
		n->before->by = n->by;
	else
		*head = n->by;
	if (n->by)
		n->by->before = n->before;
}

struct node *node_add(struct containers *cs, uint64_t id, uint64_t parent, struct entry *of)
{
	struct node *n = cs->n_nodes < NODES_MAX ? calloc(1, sizeof(*n)) : NULL;
	if (!n)
		return NULL;
	struct node **slot = slot_of(cs, id);
	n->id = id;
	n->parent = parent;
	n->of = of;
	n->next = *slot;
	*slot = n;
	chain(of ? &of->nodes : &cs->doubtful, n);
	cs->n_nodes++;
	return n;
}

void node_remove(struct containers *cs, struct node *n)
{
	struct node **at = slot_of(cs, n->id);
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	unchain(n->of ? &n->of->nodes : &cs->doubtful, n);
	cs->n_nodes--;
	free(n->path);
	free(n);
}

void node_settle(struct containers *cs, struct node *n, struct entry *of)
{
	unchain(n->of ? &n->of->nodes : &cs->doubtful, n);
	chain(&of->nodes, n);
	n->of = of;
	free(n->path);
	n->path = NULL;
}

struct entry *entry_add(struct containers *cs)
{
	struct entry *e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->first = -1;
	e->older = cs->newest;
	if (cs->newest)
		cs->newest->newer = e;
	else
		cs->oldest = e;
	cs->newest = e;
	return e;
}

void entry_remove(struct containers *cs, struct entry *e)
{
	while (e->nodes)
		node_remove(cs, e->nodes);
	if (e->first >= 0)
		close(e->first);
	*(e->older ? &e->older->newer : &cs->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &cs->newest) = e->older;
	cs->n_ended -= e->c.state == CONTAINER_ENDED;
	free(e->texts);
	free(e);
}

void entry_end(struct containers *cs, struct entry *e)
{
	e->c.state = CONTAINER_ENDED;
	if (e->first >= 0)
		close(e->first);
	e->first = -1;
	if (++cs->n_ended <= ENDED_MAX)
		return;
	for (struct entry *old = cs->oldest; old; old = old->newer)
		if (old->c.state == CONTAINER_ENDED && old != e) {
			entry_remove(cs, old);
			return;
		}
}

/* The texts of an info, in order. */
#define TEXTS 7
static void texts_of(struct container_info *info, const char **texts[TEXTS])
{
	const char **all[TEXTS] = {&info->id,  &info->name,          &info->image, &info->runtime,
				   &info->pod, &info->pod_namespace, &info->cgroup};
	memcpy(texts, all, sizeof(all));
}

int entry_describe(struct entry *e, const struct container_info *info)
{
	struct container_info next = *info;
	const char **from[TEXTS], **had[TEXTS];
	size_t bytes = 0;
	bool same = e->c.info.pid == info->pid;
	texts_of(&next, from);
	texts_of(&e->c.info, had);
	for (int i = 0; i < TEXTS; i++) {
		same &= *from[i] && *had[i] ? !strcmp(*from[i], *had[i]) : *from[i] == *had[i];
		bytes += *from[i] ? strlen(*from[i]) + 1 : 0;
	}
	if (same)
		return 1;
	char *texts = malloc(bytes + 1), *to = texts;
	if (!texts)
		return -ENOMEM;
	for (int i = 0; i < TEXTS; i++) {
		if (!*from[i])
			continue;
		size_t n = strlen(*from[i]) + 1;
		*from[i] = memcpy(to, *from[i], n);
		to += n;
	}
	free(e->texts);
	e->texts = texts;
	e->c.info = next;
	return 0;
}

struct containers *containers_new(struct runtimes *runtimes, const struct hierarchy *hierarchy)
{
	struct containers *cs = calloc(1, sizeof(*cs));
	if (!cs)
		return NULL;
	cs->runtimes = runtimes;
	cs->hierarchy = hierarchy;
	cs->slots = calloc(NODES_MAX, sizeof(struct node *));
	cs->epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	int fd = runtimes ? runtimes_fd(runtimes) : -1;
	if (!cs->slots || cs->epoll < 0 || (fd >= 0 && epoll_ctl(cs->epoll, EPOLL_CTL_ADD, fd, &event))) {
		int err = cs->slots ? errno : ENOMEM;
		containers_destroy(cs);
		errno = err;
		return NULL;
	}
	return cs;
}

void containers_destroy(struct containers *cs)
{
	if (!cs)
		return;
	while (cs->oldest)
		entry_remove(cs, cs->oldest);
	while (cs->doubtful)
		node_remove(cs, cs->doubtful);
	if (cs->epoll >= 0)
		close(cs->epoll);
	free(cs->slots);
	free(cs);
}

const struct container *containers_of(const struct containers *cs, const struct eun_event *event)
{
	const struct node *n = node_find(cs, event->cgroup);
	if (n && n->of)
		return &n->of->c;
	if (event->flags & EUN_CONTAINER || (n && event->time < n->made + CONTAINER_DOUBT_NS))
		return &cs->unknown;
	return NULL;
}

uint64_t containers_sets(const struct containers *cs, uint64_t cgroup)
{
	const struct node *n = node_find(cs, cgroup);
	return n ? n->sets : 0;
}

void containers_each(const struct containers *cs, void (*each)(void *context, const struct container *container),
		     void *context)
{
	for (const struct entry *e = cs->oldest; e; e = e->newer)
		if (e->c.state != CONTAINER_ENDED)
			each(context, &e->c);
}

int containers_learn(struct containers *cs, const struct container *container)
{
	struct node *n = node_find(cs, container->cgroup);
	struct entry *e = n && n->of ? n->of : entry_add(cs);
	if (!e)
		return -ENOMEM;
	int err = entry_describe(e, &container->info);
	bool ended = e->c.state == CONTAINER_ENDED;
	if (err >= 0 && !n)
		err = (n = node_add(cs, container->cgroup, 0, e)) ? 0 : -ENOMEM;
	if (err < 0) {
		if (!e->nodes)
			entry_remove(cs, e);
		return -ENOMEM;
	}
	if (!n->of)
		node_settle(cs, n, e);
	e->c.cgroup = container->cgroup;
	e->c.started = container->started;
	e->c.found = container->found;
	e->c.state = ended ? CONTAINER_ENDED : container->state;
	if (!ended && container->state == CONTAINER_ENDED)
		entry_end(cs, e);
	return 0;
}

void containers_unlearn(struct containers *cs, uint64_t cgroup)
{
	struct node *n = node_find(cs, cgroup);
	struct entry *e = n ? n->of : NULL;
	if (n)
		node_remove(cs, n);
	if (e && !e->nodes)
		entry_remove(cs, e);
}

int containers_fd(const struct containers *cs)
{
	return cs->epoll;
}
