/* SPDX-License-Identifier: MIT */
#include "computed.h"

#include <errno.h>
#include <stdlib.h>

/* ancestor.exe has at most so many bytes: what comes from farther away is left out. */
#define STRINGS_MAX (64u << 10)

static bool text(struct value *out, const char *bytes, size_t n)
{
	out->ptr = bytes;
	out->len = bytes ? (uint32_t)n : 0;
	return bytes != NULL;
}

static bool string(struct value *out, const char *bytes)
{
	return text(out, bytes, bytes ? strlen(bytes) : 0);
}

static bool number(struct value *out, uint64_t n)
{
	out->u = n;
	return n != 0;
}

/* ---- processes ---- */

static const struct proc *actor(const struct view *view, const struct field *field)
{
	const struct computed *c = field->context;
	return c->procs ? procs_find(c->procs, view->rec->pid, view->rec->time) : NULL;
}

static const struct proc *parent(const struct view *view, const struct field *field)
{
	const struct proc *p = actor(view, field);
	return p ? p->parent : NULL;
}

static bool argv_of(const struct proc *p, struct value *out)
{
	out->u = 1; /* one empty string is one */
	return p && text(out, p->argv, p->argv_len);
}

static bool exe(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = actor(view, field);
	return p && string(out, p->exe);
}

static bool argv(const struct view *view, const struct field *field, struct value *out)
{
	return argv_of(actor(view, field), out);
}

static bool parent_exe(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = parent(view, field);
	return p && string(out, p->exe);
}

static bool parent_argv(const struct view *view, const struct field *field, struct value *out)
{
	return argv_of(parent(view, field), out);
}

static bool parent_comm(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = parent(view, field);
	return p && text(out, p->comm, strnlen(p->comm, sizeof(p->comm)));
}

static bool parent_pid(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = actor(view, field);
	return p && number(out, p->parent ? p->parent->pid : p->ppid);
}

static bool ancestor_exe(const struct view *view, const struct field *field, struct value *out)
{
	const struct computed *c = field->context;
	const struct proc *p = parent(view, field);
	uint32_t len = 0;
	for (uint32_t i = 0; p && i < PROC_ANCESTORS_MAX; i++, p = p->parent) {
		size_t n = p->exe ? strlen(p->exe) + 1 : 0;
		if (n > STRINGS_MAX - len)
			break;
		if (n)
			memcpy(c->strings + len, p->exe, n);
		len += (uint32_t)n;
	}
	if (!len)
		return false;
	out->u = 1;
	return text(out, c->strings, len - 1);
}

static bool proc_start(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = actor(view, field);
	return p && number(out, p->start);
}

static bool proc_duration(const struct view *view, const struct field *field, struct value *out)
{
	const struct proc *p = actor(view, field);
	if (!p || !p->start)
		return false;
	out->u = view->rec->time - p->start; /* it was found by its start */
	return true;
}

/* ---- containers ---- */

static const struct container *container_of(const struct view *view, const struct field *field)
{
	const struct computed *c = field->context;
	return c->containers ? containers_of(c->containers, view->rec) : NULL;
}

#define INFO(name, member)                                                                      \
	static bool name(const struct view *view, const struct field *field, struct value *out) \
	{                                                                                       \
		const struct container *c = container_of(view, field);                          \
		return c && string(out, c->info.member);                                        \
	}

INFO(container_id, id)
INFO(container_name, name)
INFO(container_image, image)
INFO(container_runtime, runtime)
INFO(container_pod, pod)
INFO(container_pod_namespace, pod_namespace)

static bool container_state(const struct view *view, const struct field *field, struct value *out)
{
	const struct container *c = container_of(view, field);
	out->u = c ? c->state : 0;
	return c != NULL;
}

/* Its program was run outside of containers. False, too: it is not known where. */
static bool run_outside(const struct computed *c, const struct proc *p, const struct eun_event *event)
{
	if (!p || !p->exec_seen || !c->containers)
		return false;
	struct eun_event then = {.flags = p->exec_flags, .cgroup = p->exec_cgroup, .time = event->time};
	return !containers_of(c->containers, &then);
}

bool computed_inside(const struct computed *c, uint32_t pid, uint64_t time, bool found)
{
	const struct proc *p = c->procs ? procs_find(c->procs, pid, time) : NULL;
	const struct eun_event event = {.time = time};
	return p && p->exec_seen ? !run_outside(c, p, &event) : found;
}

/* It has not run a program yet where it is now, as a runtime that sets a container up from inside. */
static bool proc_outside(const struct view *view, const struct field *field, struct value *out)
{
	const struct computed *c = field->context;
	out->u = run_outside(c, actor(view, field), view->rec);
	return container_of(view, field) != NULL;
}

static bool parent_outside(const struct view *view, const struct field *field, struct value *out)
{
	const struct computed *c = field->context;
	out->u = run_outside(c, parent(view, field), view->rec);
	return container_of(view, field) != NULL;
}

/* As people call it. */
static bool container(const struct view *view, const struct field *field, struct value *out)
{
	const struct container *c = container_of(view, field);
	if (!c)
		return false;
	if (c->info.name)
		return string(out, c->info.name);
	if (c->info.id)
		return text(out, c->info.id, strnlen(c->info.id, 12));
	return string(out, container_state_names[CONTAINER_PENDING]);
}

static struct eun_label states[] = {
	{CONTAINER_PENDING, "pending"},
	{CONTAINER_RUNNING, "running"},
	{CONTAINER_ENDED, "ended"},
	{0, NULL},
};

static const struct {
	struct field field;
	bool process; /* needs the process table */
} table[] = {
	{{.name = "exe", .type = EUN_PATH, .get = exe, .help = "the file that the actor's process runs"}, true},
	{{.name = "argv", .type = EUN_STRINGS, .get = argv, .help = "its arguments"}, true},
	{{.name = "proc.start", .type = EUN_TIME, .get = proc_start, .help = "when it was made"}, true},
	{{.name = "proc.duration_ns", .type = EUN_U64, .get = proc_duration, .help = "its age at the event"}, true},
	{{.name = "parent.pid", .type = EUN_U32, .get = parent_pid, .help = "who made it, also when that one ended"},
	 true},
	{{.name = "parent.comm", .type = EUN_STRING, .get = parent_comm, .help = "the name of who made it"}, true},
	{{.name = "parent.exe", .type = EUN_PATH, .get = parent_exe, .help = "the file that who made it runs, or ran"},
	 true},
	{{.name = "parent.argv", .type = EUN_STRINGS, .get = parent_argv, .help = "the arguments of who made it"},
	 true},
	{{.name = "ancestor.exe",
	  .type = EUN_STRINGS,
	  .flags = FIELD_EACH,
	  .get = ancestor_exe,
	  .help = "the exe of who made it, of who made that one, and so on, 32 at most"},
	 true},
	{{.name = "proc.outside",
	  .type = EUN_BOOL,
	  .get = proc_outside,
	  .help = "it is in a container, but its program was run outside: a runtime's set-up"},
	 true},
	{{.name = "parent.outside",
	  .type = EUN_BOOL,
	  .get = parent_outside,
	  .help = "it is in a container, but the program of who made it was run outside"},
	 true},
	{{.name = "container",
	  .type = EUN_STRING,
	  .get = container,
	  .help = "the container's name, else the first 12 of its id, else pending; host: none"},
	 false},
	{{.name = "container.id", .type = EUN_STRING, .get = container_id, .help = "the container's full id"}, false},
	{{.name = "container.name", .type = EUN_STRING, .get = container_name, .help = "its name"}, false},
	{{.name = "container.image", .type = EUN_STRING, .get = container_image, .help = "its image"}, false},
	{{.name = "container.runtime", .type = EUN_STRING, .get = container_runtime, .help = "docker, podman, runc..."},
	 false},
	{{.name = "container.state",
	  .type = EUN_ENUM,
	  .labels = states,
	  .get = container_state,
	  .help = "pending: which container is not known (yet)"},
	 false},
	{{.name = "container.pod", .type = EUN_STRING, .get = container_pod, .help = "its Kubernetes pod"}, false},
	{{.name = "container.pod_namespace",
	  .type = EUN_STRING,
	  .get = container_pod_namespace,
	  .help = "the pod's namespace"},
	 false},
};

#define FIELDS (sizeof(table) / sizeof(table[0]))

int computed_init(struct computed *c)
{
	*c = (struct computed){.fields = calloc(FIELDS, sizeof(*c->fields)), .strings = malloc(STRINGS_MAX)};
	if (!c->fields || !c->strings) {
		computed_free(c);
		return -ENOMEM;
	}
	for (c->n_fields = 0; c->n_fields < FIELDS; c->n_fields++) {
		c->fields[c->n_fields] = table[c->n_fields].field;
		c->fields[c->n_fields].context = c;
	}
	return 0;
}

void computed_free(struct computed *c)
{
	free(c->fields);
	free(c->strings);
	*c = (struct computed){0};
}

void computed_offer(const struct computed *c, struct schema *schema)
{
	schema->computed = c->fields;
	schema->n_computed = c->n_fields;
}

bool computed_of_process(const struct field *field)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (table[i].process && field->get == table[i].field.get)
			return true;
	return false;
}
