/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The path of a file, walked from its dentry over mounts to the top of the current task's mount namespace. Part of
 * common.bpf.h. Names are written right to left, so a path that is too long or too deep loses its left end and the
 * record is flagged EUN_TRUNCATED.
 */
#ifndef EUNOMIA_PATH_BPF_H
#define EUNOMIA_PATH_BPF_H

enum eun_walk {
	EUN_WALK_MORE,     /* components are left */
	EUN_WALK_TOP,      /* the top of a mount tree */
	EUN_WALK_NO_MOUNT, /* a file that is nowhere: memfd, pipe, socket */
	EUN_WALK_FULL,     /* no space for the next name */
};

/* Components one call of the walk takes, and calls: 8 x 32. The verifier checks the function once, turn by turn. */
#define EUN_WALK_STEP 8
#define EUN_WALK_STEPS 32

/* The members are neighbours on every kernel so far: one read. Decided when the object is loaded. */
static __always_inline void eun_read_mount(struct eun_slot *s, struct mount *mount)
{
	u32 parent = bpf_core_field_offset(struct mount, mnt_parent),
	    mountpoint = bpf_core_field_offset(struct mount, mnt_mountpoint),
	    root = bpf_core_field_offset(struct mount, mnt.mnt_root);
	if (mountpoint == parent + sizeof(void *) && root == parent + 2 * sizeof(void *)) {
		bpf_probe_read_kernel(&s->mnt, sizeof(s->mnt), (void *)mount + parent);
	} else {
		bpf_probe_read_kernel(&s->mnt.parent, sizeof(void *), (void *)mount + parent);
		bpf_probe_read_kernel(&s->mnt.mountpoint, sizeof(void *), (void *)mount + mountpoint);
		bpf_probe_read_kernel(&s->mnt.root, sizeof(void *), (void *)mount + root);
	}
}

/* d_parent and d_name are neighbours too. */
static __always_inline void eun_read_name(struct eun_slot *s, struct dentry *d)
{
	u32 parent = bpf_core_field_offset(struct dentry, d_parent),
	    name = bpf_core_field_offset(struct dentry, d_name);
	if (name == parent + sizeof(void *)) {
		bpf_probe_read_kernel(&s->name, sizeof(s->name), (void *)d + parent);
	} else {
		bpf_probe_read_kernel(&s->name.parent, sizeof(void *), (void *)d + parent);
		bpf_probe_read_kernel(&s->name.hash_len, sizeof(u64) + sizeof(void *), (void *)d + name);
	}
}

/* Takes one component, or goes from a mount to what it lies upon. */
static __always_inline int eun_step(struct eun_slot *slot)
{
	volatile struct eun_slot *s = slot;
	struct dentry *d = s->dentry;
	struct mount *m = s->mount;
	if (d == s->root_dentry && m == s->root_mount)
		s->root_pos = s->pos;
	if (d == s->mnt.root) {
		if (s->fs_pos == ~0u)
			s->fs_pos = s->pos;
		if (s->mnt.parent == m) {
			s->walk = EUN_WALK_TOP;
			return EUN_WALK_TOP;
		}
		s->dentry = s->mnt.mountpoint;
		s->mount = s->mnt.parent;
		eun_read_mount(slot, s->mount);
		return EUN_WALK_MORE;
	}
	eun_read_name(slot, d);
	u32 len = s->name.hash_len >> 32;
	if (s->name.parent == d) {
		s->walk = EUN_WALK_NO_MOUNT;
		return EUN_WALK_NO_MOUNT;
	}
	len &= 255;
	u32 pos = s->pos - len - 1;
	if (pos > EUN_STRING_MAX) {
		s->walk = EUN_WALK_FULL;
		return EUN_WALK_FULL;
	}
	s->dentry = s->name.parent;
	s->pos = pos;
	EUN_HIDE(pos);
	EUN_HIDE(len);
	pos &= EUN_STRING_MAX - 1;
	len &= 255;
	slot->path[pos] = '/';
	bpf_probe_read_kernel(&slot->path[pos + 1], len, (void *)s->name.name);
	return EUN_WALK_MORE;
}

/* Walks on from the state in the slot. A global function: verified apart from its callers, once a program. */
__attribute__((noinline)) int eun_walk(u32 level)
{
	struct eun_slot *slot = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!slot)
		return EUN_WALK_FULL;
	for (int i = 0; i < EUN_WALK_STEP; i++) {
		int walk = eun_step(slot);
		if (walk != EUN_WALK_MORE)
			return walk;
	}
	return EUN_WALK_MORE;
}

/* Copies what the walk wrote to the record's tail; 0: nothing. */
static __always_inline eun_ref eun_path_copy(struct eun_slot *s)
{
	u32 off = eun_room(s);
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX)
		return 0;
	u32 pos = s->pos;
	EUN_HIDE(pos);
	if (pos > EUN_STRING_MAX - 1)
		return 0;
	u32 len = EUN_STRING_MAX - pos;
	EUN_HIDE(len);
	if (len > EUN_STRING_MAX)
		return 0;
	bpf_probe_read_kernel(s->rec + off, len, &s->path[pos]);
	s->len = off + len;
	return EUN_REF(off, len);
}

/* A file without a place in a mount: its own name, as /proc/PID/exe shows it without the slash (memfd:x). */
static __always_inline eun_ref eun_path_nowhere(struct eun_slot *s, struct dentry *dentry)
{
	eun_ref ref = 0;
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	eun_add_kernel_string(s, &ref, name);
	return ref;
}

static __always_inline void eun_walk_begin(struct eun_slot *s)
{
	s->pos = EUN_STRING_MAX;
	s->root_pos = s->fs_pos = ~0u;
	s->walk = EUN_WALK_MORE;
}

static __always_inline void eun_walk_end(struct eun_slot *s)
{
	if (s->walk == EUN_WALK_MORE || s->walk == EUN_WALK_FULL)
		eun_flag(s, EUN_TRUNCATED);
	else if (s->walk == EUN_WALK_TOP && s->pos == EUN_STRING_MAX)
		s->path[--s->pos & (EUN_STRING_MAX - 1)] = '/';
}

/* Runs the walk from the slot's state to its end. */
static __always_inline void eun_walk_up(struct eun_slot *s)
{
	eun_walk_begin(s);
	for (int i = 0; i < EUN_WALK_STEPS; i++)
		if (eun_walk(s->level) != EUN_WALK_MORE)
			break;
	eun_walk_end(s);
}

/* Reads what the walk is to meet: the task's root and the mount that it begins in. */
static __always_inline void eun_path_begin(struct eun_slot *s, struct task_struct *task)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct path root = {};
	s->ref = s->fs_ref = 0;
	bpf_core_read(&root, sizeof(root), &fs->root);
	s->root_dentry = root.dentry;
	s->root_mount = (void *)root.mnt - bpf_core_field_offset(struct mount, mnt);
	eun_read_mount(s, s->mount);
}

/* After the walk up from `dentry`: flags where it led, and appends it. */
static __always_inline void eun_path_end(struct eun_slot *s, struct task_struct *task, struct dentry *dentry)
{
	if (s->walk == EUN_WALK_NO_MOUNT && s->pos == EUN_STRING_MAX) {
		s->ref = eun_path_nowhere(s, dentry);
		return;
	}
	if (s->walk == EUN_WALK_TOP && s->root_pos != s->pos) {
		/* met the task's root on the way up, or never: then the file is outside of it, or in no mount at all */
		if (s->root_pos == ~0u && s->mount != BPF_CORE_READ(task, nsproxy, mnt_ns, root))
			eun_flag(s, EUN_UNREACHABLE);
		else if (s->root_pos > s->pos + 1) /* by 1: a bare root's '/' */
			eun_flag(s, EUN_CHROOTED);
	}
	s->ref = eun_path_copy(s);
}

/*
 * Appends the path of the slot's mount and dentry; `ref` and `fs_ref` name it. A global function too: however many
 * paths a program appends, it is verified once.
 */
__attribute__((noinline)) int eun_path(u32 level, u32 want_fs)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u32 off = s->len, fs_pos;
	eun_path_begin(s, task);
	struct dentry *dentry = s->dentry, *mount_root = s->mnt.root;
	eun_walk_up(s);
	eun_path_end(s, task, dentry);
	if (!want_fs || !s->ref || (s->walk == EUN_WALK_NO_MOUNT && s->pos == EUN_STRING_MAX))
		return 0;
	fs_pos = s->fs_pos;
	struct dentry *fs_root = BPF_CORE_READ(dentry, d_sb, s_root);
	if (mount_root == fs_root) {
		if (fs_pos < EUN_STRING_MAX)
			s->fs_ref = EUN_REF(off + fs_pos - s->pos, EUN_STRING_MAX - fs_pos);
		else if (fs_pos == EUN_STRING_MAX)
			s->fs_ref = EUN_REF(off, 1); /* the file system's root: "/", as every path begins */
		else
			s->fs_ref = s->ref; /* cut before the mount was met */
		return 0;
	}
	/* a mount tree of one mount, whose root is the file system's */
	s->dentry = dentry;
	s->mount = s->mnt.parent = NULL;
	s->mnt.root = fs_root;
	eun_walk_up(s);
	s->fs_ref = eun_path_copy(s);
	return 0;
}

/*
 * Appends the path of (mnt, dentry). `fs` takes the path inside the file system, the same wherever that is mounted;
 * it shares the bytes of the path, but where only a part of the file system is mounted. NULL: not asked.
 */
static __always_inline void eun_add_path(struct eun_slot *s, eun_ref *ref, eun_ref *fs, const struct path *path)
{
	s->dentry = path->dentry;
	s->mount = (void *)path->mnt - bpf_core_field_offset(struct mount, mnt);
	eun_path(s->level, fs != NULL);
	*ref = s->ref;
	if (fs)
		*fs = s->fs_ref;
}

/* The open file behind a descriptor of the current task, 0: none. Global, as eun_path() is. */
__attribute__((noinline)) u64 eun_fd(int fd)
{
	struct fdtable *table = BPF_CORE_READ(bpf_get_current_task_btf(), files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	u64 file = 0;
	if (fd >= 0 && (u32)fd < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

static __always_inline struct file *eun_fd_file(int fd)
{
	return (void *)eun_fd(fd);
}

static __always_inline void eun_add_file_path(struct eun_slot *s, eun_ref *ref, eun_ref *fs, struct file *file)
{
	struct path path = {};
	bpf_core_read(&path, sizeof(path), &file->f_path);
	eun_add_path(s, ref, fs, &path);
}

/* The number that user space knows a device by (st_dev). */
static __always_inline u32 eun_dev(dev_t dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

#define EUN_AT_FDCWD -100

/*
 * Where a path given as text starts from. An absolute one starts from the task's root: left out where that is the root
 * of the outermost mount or of one on it, as it is but for a chroot.
 */
static __always_inline void eun_path_start(struct eun_slot *s, struct path *at, char first, int dirfd)
{
	struct fs_struct *fs = BPF_CORE_READ(bpf_get_current_task_btf(), fs);
	if (first == '/') {
		bpf_core_read(at, sizeof(*at), &fs->root);
		struct mount *mount = (void *)at->mnt - bpf_core_field_offset(struct mount, mnt);
		eun_read_mount(s, mount);
		struct mount *parent = s->mnt.parent;
		if (at->dentry == s->mnt.root && BPF_CORE_READ(parent, mnt_parent) == parent)
			at->dentry = NULL;
	} else if (dirfd == EUN_AT_FDCWD) {
		bpf_core_read(at, sizeof(*at), &fs->pwd);
	} else {
		struct file *file = eun_fd_file(dirfd);
		if (file)
			bpf_core_read(at, sizeof(*at), &file->f_path);
	}
}

/*
 * A path that the task gave as text, behind the directory that it is relative to (`dirfd`; of a chrooted task's
 * absolute one, the root): both are put side by side, `path` names the whole, `dir` the directory (0: none), `name` the
 * text. The text is not normalised. `from` is in user memory, or in the kernel's when `kernel` is set; not readable:
 * nothing is appended.
 */
static __always_inline void eun_add_path_at(struct eun_slot *s, eun_ref *path, eun_ref *dir, eun_ref *name, int dirfd,
					    const void *from, bool kernel)
{
	struct path at = {};
	char first = 0;
	if (kernel ? bpf_probe_read_kernel(&first, 1, from) : bpf_probe_read_user(&first, 1, from))
		return;
	eun_path_start(s, &at, first, dirfd);
	if (at.dentry)
		eun_add_path(s, dir, NULL, &at);
	u32 end = s->len;
	EUN_HIDE(end);
	if (first == '/' && EUN_REF_LEN(*dir) == 1) {
		/* the root lies upon other mounts, and is the top all the same */
		s->len = EUN_REF_OFF(*dir);
		*dir = 0;
	} else if (*dir && first && first != '/' && EUN_REF_LEN(*dir) > 1 && end < EUN_RECORD_MAX) {
		s->rec[end] = '/';
		s->len = end + 1;
	}
	if (kernel)
		eun_add_kernel_string(s, name, from);
	else
		eun_add_user_string(s, name, from);
	if (*name && *dir)
		*path = EUN_REF(EUN_REF_OFF(*dir), s->len - EUN_REF_OFF(*dir));
	else
		*path = *name;
}

#endif
