/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "descend.h"
#include "object.h"

enum { CTL, PIDS, UIDS, COMMS, CGROUPS, NSS, WHERES, MEMBERS, MAPS };

static const struct {
	const char *name;
	enum bpf_map_type type;
	uint32_t key, value, entries, flags;
} map_specs[MAPS] = {
	[CTL] = {"eun_ctl", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct eun_ctl), 1, BPF_F_MMAPABLE},
	[PIDS] = {"eun_pids", BPF_MAP_TYPE_HASH, 4, 8, 16384, BPF_F_NO_PREALLOC},
	[UIDS] = {"eun_uids", BPF_MAP_TYPE_HASH, 4, 8, 256, BPF_F_NO_PREALLOC},
	[COMMS] = {"eun_comms", BPF_MAP_TYPE_HASH, EUN_COMM_LEN, 8, 256, BPF_F_NO_PREALLOC},
	[CGROUPS] = {"eun_cgroups", BPF_MAP_TYPE_HASH, 8, 8, 16384, BPF_F_NO_PREALLOC},
	[NSS] = {"eun_nss", BPF_MAP_TYPE_HASH, 4, 8, 256, BPF_F_NO_PREALLOC},
	[WHERES] = {"eun_wheres", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct eun_where), EUN_WHERES, BPF_F_MMAPABLE},
	[MEMBERS] = {"eun_members", BPF_MAP_TYPE_HASH, sizeof(struct eun_member_key), 1, 65536, BPF_F_NO_PREALLOC},
};

struct targets {
	struct shared_map maps[MAPS];
	struct eun_ctl *ctl;
	uint64_t used;         /* sets given out */
	struct object own;     /* loaded when the first set tests pids and nobody lent one */
	struct object *follow; /* the one with the programs that follow, loaded; NULL: none yet */
	bool following;        /* they are attached */
};

struct targets *targets_new(char *why, size_t why_size)
{
	struct targets *t = calloc(1, sizeof(*t));
	if (!t) {
		snprintf(why, why_size, "no memory");
		return NULL;
	}
	for (int i = 0; i < MAPS; i++)
		t->maps[i] = (struct shared_map){map_specs[i].name, -1};
	for (int i = 0; i < MAPS; i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = map_specs[i].flags);
		int fd = bpf_map_create(map_specs[i].type, map_specs[i].name, map_specs[i].key, map_specs[i].value,
					map_specs[i].entries, &opts);
		if (fd < 0) {
			int err = -fd;
			snprintf(why, why_size, "map %s: %s%s", map_specs[i].name, strerror(err),
				 err == EPERM ? " (needs CAP_BPF and CAP_PERFMON, or root)" : "");
			targets_destroy(t);
			errno = err;
			return NULL;
		}
		t->maps[i].fd = fd;
	}
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, t->maps[CTL].fd, 0);
	if (page == MAP_FAILED) {
		int err = errno;
		snprintf(why, why_size, "map eun_ctl: mmap: %s", strerror(err));
		targets_destroy(t);
		errno = err;
		return NULL;
	}
	t->ctl = page;
	t->ctl->self = (uint32_t)getpid();
	return t;
}

void targets_destroy(struct targets *t)
{
	if (!t)
		return;
	object_close(&t->own);
	if (t->ctl)
		munmap(t->ctl, (size_t)sysconf(_SC_PAGESIZE));
	for (int i = 0; i < MAPS; i++)
		if (t->maps[i].fd >= 0)
			close(t->maps[i].fd);
	free(t);
}

const struct shared_map *targets_maps(const struct targets *t, size_t *n)
{
	*n = MAPS;
	return t->maps;
}

struct eun_ctl *targets_ctl(const struct targets *t)
{
	return t->ctl;
}

/* The programs that follow alone, without what the others need. */
static int load_own(struct targets *t)
{
	int err = object_open(&t->own, "follow_", NULL);
	if (err)
		return err;
	object_share(&t->own, t->maps, MAPS);
	struct bpf_map *map;
	bpf_object__for_each_map(map, t->own.bpf)
	{
		bool ours = false;
		for (int i = 0; i < MAPS; i++)
			ours |= !strcmp(bpf_map__name(map), t->maps[i].name);
		if (!ours && strncmp(bpf_map__name(map), "eun_", 4) == 0)
			bpf_map__set_autocreate(map, false);
	}
	err = object_load(&t->own);
	if (!err)
		t->follow = &t->own;
	return err;
}

/* Attaches the programs that watch fork and exit; once. */
static int follow_start(struct targets *t, char *why, size_t why_size)
{
	if (t->following)
		return 0;
	int err = t->follow ? 0 : load_own(t);
	if (!err)
		err = object_attach(t->follow, "follow_");
	if (err)
		snprintf(why, why_size, "target: watching fork and exit failed: %s", strerror(-err));
	t->following = !err;
	return err;
}

void targets_lend(struct targets *t, struct object *object)
{
	if (!t->follow)
		t->follow = object;
}

/* Sets or clears the bit of a set in a hash map's value; an entry of no set is deleted. */
static int member_change(int fd, const void *key, uint64_t bit, bool in)
{
	uint64_t sets = 0;
	bpf_map_lookup_elem(fd, key, &sets);
	sets = in ? sets | bit : sets & ~bit;
	if (sets & ~EUN_DYING)
		return bpf_map_update_elem(fd, key, &sets, BPF_ANY);
	bpf_map_delete_elem(fd, key);
	return 0;
}

static int add_pid(void *context, uint32_t pid)
{
	const struct targets *t = ((void **)context)[0];
	const uint64_t *bit = ((void **)context)[1];
	int err = member_change(t->maps[PIDS].fd, &pid, *bit, true);
	if (!err && !pid_alive(pid)) /* it may have died before it was in the map, where its exit is seen */
		member_change(t->maps[PIDS].fd, &pid, *bit, false);
	return err;
}

static int add_pids(struct targets *t, const struct target_spec *spec, uint64_t bit, char *why, size_t why_size)
{
	for (size_t i = 0; i < spec->n_pids; i++) {
		uint32_t tgid = pid_leader(spec->pids[i]);
		if (!tgid) {
			snprintf(why, why_size, "target: there is no process %u", spec->pids[i]);
			return -ESRCH;
		}
		if (!pid_alive(spec->pids[i])) {
			snprintf(why, why_size, "target: process %u has ended, its parent did not wait for it yet",
				 spec->pids[i]);
			return -ESRCH;
		}
		if (tgid != spec->pids[i]) {
			snprintf(why, why_size, "target: %u is a thread of process %u; give that", spec->pids[i], tgid);
			return -EINVAL;
		}
	}
	int err = follow_start(t, why, why_size);
	if (err)
		return err;
	void *context[] = {t, &bit};
	for (size_t i = 0; i < spec->n_pids && !err; i++)
		err = add_pid(context, spec->pids[i]);
	if (!err && spec->follow)
		err = pid_descendants(spec->pids, spec->n_pids, add_pid, context);
	if (err)
		snprintf(why, why_size, "target: %s", strerror(-err));
	return err;
}

int targets_add(struct targets *t, const struct target_spec *spec, char *why, size_t why_size)
{
	int set = 0;
	while (set < EUN_SETS_MAX && t->used & 1ull << set)
		set++;
	if (set == EUN_SETS_MAX) {
		snprintf(why, why_size, "target: all %d sets are in use", EUN_SETS_MAX);
		return -ENOSPC;
	}
	uint64_t bit = 1ull << set;
	t->used |= bit;
	if (spec->follow)
		t->ctl->follow |= bit;
	int err = spec->n_pids ? add_pids(t, spec, bit, why, why_size) : 0;
	for (size_t i = 0; i < spec->n_uids && !err; i++)
		err = member_change(t->maps[UIDS].fd, &spec->uids[i], bit, true);
	for (size_t i = 0; i < spec->n_comms && !err; i++) {
		char comm[EUN_COMM_LEN] = {0};
		strncpy(comm, spec->comms[i], sizeof(comm) - 1);
		err = member_change(t->maps[COMMS].fd, comm, bit, true);
	}
	for (size_t i = 0; i < spec->n_mntns && !err; i++)
		err = member_change(t->maps[NSS].fd, &spec->mntns[i], bit, true);
	for (size_t i = 0; i < spec->n_pidns && !err; i++)
		err = member_change(t->maps[NSS].fd, &spec->pidns[i], bit, true);
	if (err) {
		if (!*why)
			snprintf(why, why_size, "target: %s", strerror(-err));
		targets_remove(t, set);
		return err;
	}
	t->ctl->any_pid |= spec->n_pids ? 0 : bit;
	t->ctl->any_uid |= spec->n_uids ? 0 : bit;
	t->ctl->any_comm |= spec->n_comms ? 0 : bit;
	t->ctl->any_mntns |= spec->n_mntns ? 0 : bit;
	t->ctl->any_pidns |= spec->n_pidns ? 0 : bit;
	t->ctl->any_cgroup |= spec->containers ? 0 : bit;
	t->ctl->hopeful |= spec->containers ? bit : 0;
	t->ctl->any_place |= spec->containers || spec->n_mntns || spec->n_pidns ? 0 : bit;
	return set;
}

void targets_remove(struct targets *t, int set)
{
	uint64_t bit = 1ull << set;
	t->ctl->any_pid &= ~bit;
	t->ctl->any_uid &= ~bit;
	t->ctl->any_comm &= ~bit;
	t->ctl->any_place &= ~bit;
	t->ctl->any_cgroup &= ~bit;
	t->ctl->any_mntns &= ~bit;
	t->ctl->any_pidns &= ~bit;
	t->ctl->hopeful &= ~bit;
	t->ctl->follow &= ~bit;
	t->used &= ~bit;
	for (int i = PIDS; i <= NSS; i++) {
		char key[EUN_COMM_LEN], next[EUN_COMM_LEN];
		int more = bpf_map_get_next_key(t->maps[i].fd, NULL, next);
		while (!more) {
			memcpy(key, next, sizeof(key));
			more = bpf_map_get_next_key(t->maps[i].fd, key, next);
			member_change(t->maps[i].fd, key, bit, false);
		}
	}
}

void targets_cgroup(struct targets *t, uint64_t id, uint64_t sets)
{
	if (sets)
		bpf_map_update_elem(t->maps[CGROUPS].fd, &id, &sets, BPF_ANY);
	else
		bpf_map_delete_elem(t->maps[CGROUPS].fd, &id);
}

uint64_t targets_member(const struct targets *t, const struct eun_event *who, uint64_t by_cgroup)
{
	const struct eun_ctl *ctl = t->ctl;
	const struct {
		int map;
		uint64_t any;
		const void *key;
	} kinds[] = {
		{PIDS, ctl->any_pid, &who->pid},    {UIDS, ctl->any_uid, &who->uid},
		{COMMS, ctl->any_comm, who->comm},  {NSS, ctl->any_mntns, &who->mntns},
		{NSS, ctl->any_pidns, &who->pidns},
	};
	uint64_t sets = t->used & (ctl->any_cgroup | by_cgroup);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint64_t in = 0;
		if (sets & ~kinds[i].any)
			bpf_map_lookup_elem(t->maps[kinds[i].map].fd, kinds[i].key, &in);
		sets &= kinds[i].any | in;
	}
	return sets;
}

uint64_t targets_unfollowed(const struct targets *t)
{
	return t->ctl->unfollowed;
}

bool targets_gone(const struct targets *t, int set)
{
	uint64_t bit = 1ull << set, sets;
	uint32_t key, next;
	if (t->ctl->any_pid & bit)
		return false;
	for (int more = bpf_map_get_next_key(t->maps[PIDS].fd, NULL, &next); !more;) {
		key = next;
		more = bpf_map_get_next_key(t->maps[PIDS].fd, &key, &next);
		if (!bpf_map_lookup_elem(t->maps[PIDS].fd, &key, &sets) && sets & bit && !(sets & EUN_DYING))
			return false;
	}
	return true;
}
