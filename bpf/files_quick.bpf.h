/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What was opened, by plain loads. Since 6.2 a program may give a pointer its type; a load through it is one
 * instruction, and yields 0 where it would fault. A read by a helper costs some 25 ns where the kernel guards its
 * returns, and an open takes more than a dozen: together they made the program twice as dear. What is not the rule (a
 * file nowhere, half a file system mounted, a deep path) is left to the general way. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_QUICK_BPF_H
#define EUNOMIA_FILES_QUICK_BPF_H

#include "cast.bpf.h"

EUN_CAST_TYPE(dentry);
EUN_CAST_TYPE(file);
EUN_CAST_TYPE(mount);
EUN_CAST_TYPE(qstr);
EUN_CAST_TYPE(task_struct);

/* Eight bytes anywhere: struct qstr begins with a u64. */
#define quick_word(pointer) (eun_cast(qstr, (pointer))->hash_len)

/* A name up to so long is copied by words, all of them: what is too much is covered by the next name. */
#define QUICK_NAME 32

/* Names and mounts on the way up. A power of two. */
#define QUICK_STEPS 16

/* A path's names from the last to the first, and lengths with a '/' before each; in the space where a path is built. */
struct quick_path {
	struct dentry *names[QUICK_STEPS];
	u32 n;
	u32 len;  /* of all names so far */
	u32 root; /* len where the task's root was met; ~0: not met */
	u32 fs;   /* len where the file system's root was met */
};

/*
 * The current task as all that follows wants it: the verifier does not look up what a pointer leads to that it has no
 * trust in.
 */
static __always_inline struct task_struct *quick_task(struct task_struct *task)
{
	return eun_cast(task_struct, task);
}

static __always_inline struct file *quick_file(struct task_struct *task, int fd)
{
	struct fdtable *table = task->files->fdt;
	if (fd < 0 || (u32)fd >= table->max_fds)
		return NULL;
	return eun_cast(file, (void *)quick_word(&table->fd[fd]));
}

/* Notes the names from the slot's dentry to the top of the task's mount namespace. False: not the rule. */
static __always_inline bool quick_collect(struct eun_slot *s, struct quick_path *path, struct task_struct *task)
{
	/* all in memory, or the verifier follows every combination */
	volatile struct eun_slot *v = s;
	volatile struct quick_path *q = path;
	v->root_dentry = task->fs->root.dentry;
	v->root_mount = (void *)task->fs->root.mnt - bpf_core_field_offset(struct mount, mnt);
	struct mount *top = task->nsproxy->mnt_ns->root;
	q->n = q->len = 0;
	q->root = q->fs = ~0u;
	for (int i = 0; i < QUICK_STEPS; i++) {
		struct dentry *d = eun_cast(dentry, v->dentry);
		struct mount *m = eun_cast(mount, v->mount);
		if (d == v->root_dentry && m == v->root_mount)
			q->root = q->len;
		if (d == m->mnt.mnt_root) {
			if (q->fs == ~0u) {
				if (d != d->d_sb->s_root)
					return false;
				q->fs = q->len;
			}
			if (m == m->mnt_parent)
				return m == top;
			v->dentry = m->mnt_mountpoint;
			v->mount = m->mnt_parent;
			continue;
		}
		if (d == d->d_parent)
			return false;
		u32 n = q->n;
		EUN_HIDE(n);
		path->names[n & (QUICK_STEPS - 1)] = d;
		q->n = n + 1;
		q->len += d->d_name.len + 1;
		v->dentry = d->d_parent;
	}
	return false;
}

/* One name, behind what there is of the path. */
static __always_inline void quick_append(struct eun_slot *s, struct dentry *d)
{
	const void *name = d->d_name.name;
	u32 len = d->d_name.len & 255, off = s->len;
	EUN_HIDE(off);
	off &= EUN_RECORD_MAX / 2 - 1; /* the record's one path */
	char *to = s->rec + off;
	*to++ = '/';
	s->len = off + 1 + len;
	if (len > QUICK_NAME) {
		EUN_HIDE(len);
		bpf_probe_read_kernel(to, len & 255, name);
		return;
	}
	for (u32 i = 0; i < QUICK_NAME; i += sizeof(u64))
		*(u64 *)(to + i) = quick_word(name + i);
}

static __always_inline bool quick_add_path(struct eun_slot *s, eun_ref *ref, eun_ref *fs_ref, const struct path *at,
					   struct task_struct *task)
{
	struct quick_path *q = (void *)s->path;
	u32 off = eun_room(s);
	s->dentry = at->dentry;
	s->mount = (void *)at->mnt - bpf_core_field_offset(struct mount, mnt);
	if (!off || !quick_collect(s, q, task))
		return false;
	u32 len = q->len;
	if (len > EUN_STRING_MAX)
		return false;
	if (q->root != len) /* met below the top, or the file is outside of it */
		eun_flag(s, EUN_CHROOTED);
	for (int i = 0; i < QUICK_STEPS; i++) {
		u32 n = *(volatile u32 *)&q->n;
		if (!n)
			break;
		*(volatile u32 *)&q->n = --n;
		EUN_HIDE(n);
		quick_append(s, eun_cast(dentry, q->names[n & (QUICK_STEPS - 1)]));
	}
	if (!len) { /* the root of it all */
		s->rec[off & (EUN_RECORD_MAX - 1)] = '/';
		s->len = off + ++len;
	}
	*ref = EUN_REF(off, len);
	*fs_ref = q->fs ? EUN_REF(off + len - q->fs, q->fs) : EUN_REF(off, 1);
	return true;
}

static __always_inline bool quick_add_opened(struct eun_slot *s, struct files_open *e, struct task_struct *task)
{
	struct file *file = quick_file(task, e->fd);
	if (!file)
		return false;
	struct path at = {.mnt = file->f_path.mnt, .dentry = file->f_path.dentry};
	if (!quick_add_path(s, &e->at.path, &e->fs_path, &at, task))
		return false;
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;
	e->file.inode = inode->i_ino;
	e->file.nlink = inode->i_nlink;
	e->file.mode = inode->i_mode;
	e->file.type = e->file.mode >> 12;
	e->file.rdev = eun_dev(inode->i_rdev);
	e->file.dev = eun_dev(sb->s_dev);
	e->file.fs_magic = sb->s_magic;
	return true;
}

#endif
