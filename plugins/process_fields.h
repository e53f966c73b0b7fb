/* SPDX-License-Identifier: MIT */
/* The fields of the plugin process: a table a stream. Part of process.c. */
#ifndef EUNOMIA_PROCESS_FIELDS_H
#define EUNOMIA_PROCESS_FIELDS_H

#define EXEC(member, type, flags, help) EUN_FIELD(struct process_exec, member, type, flags, help)

static const struct eun_field exec_fields[] = {
	EXEC(exe, EUN_PATH, 0, "the file that runs now (of a script: its interpreter); failed: the path given, joined"),
	EXEC(fs_path, EUN_PATH, 0, "exe inside its file system, wherever that is mounted"),
	EXEC(filename, EUN_STRING, 0, "the name as the call gave it"),
	EXEC(interp, EUN_STRING, 0, "of a script: the interpreter's name"),
	EXEC(argv, EUN_STRINGS, EUN_FIELD_USER, "the arguments, at most 4095 bytes; failed: at most 20"),
	EXEC(argc, EUN_U32, 0, "how many arguments there are; failed: how many are in argv"),
	EXEC(env, EUN_STRINGS, EUN_FIELD_USER,
	     "LD_... and GLIBC_TUNABLES of the environment; empty without process.env"),
	EXEC(cwd, EUN_PATH, 0, "the working directory"),
	EXEC(dev, EUN_U32, 0, "device of exe's file system (st_dev)"),
	EXEC(inode, EUN_U64, 0, "inode number of exe"),
	EXEC(mode, EUN_U16, EUN_FIELD_OCTAL, "type and permissions of exe (st_mode)"),
	EXEC(nlink, EUN_U32, 0, "names that exe has; 0: deleted, or never had one (memfd)"),
	EXEC(fs_magic, EUN_U32, EUN_FIELD_HEX, "type of exe's file system (statfs f_type)"),
	EXEC(upper_layer, EUN_BOOL, 0, "exe is in an overlay's upper layer: written after the image was made"),
	EXEC(secureexec, EUN_BOOL, 0, "the file raised privileges: set-uid, set-gid or file capabilities"),
	EXEC(tty, EUN_CHARS, 0, "controlling terminal; empty: none"),
	EXEC(euid, EUN_U32, 0, "effective user id"),
	EXEC(cap_effective, EUN_CAPS, 0, "effective capabilities"),
	EXEC(old_tid, EUN_U32, 0, "thread that made the call; it has the process's id now"),
	EXEC(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
	EUN_LABELLED(struct process_exec, path_source, EUN_ENUM, 0, sources, "who says what exe and filename are"),
};

#define EXIT(member, type, flags, help) EUN_FIELD(struct process_exit, member, type, flags, help)

static const struct eun_field exit_fields[] = {
	EXIT(exit_code, EUN_U8, EUN_FIELD_ERROR, "what it passed to exit()"),
	EUN_LABELLED(struct process_exit, signal, EUN_ENUM, EUN_FIELD_ERROR, signals, "signal that ended it"),
	EXIT(core, EUN_BOOL, 0, "a core was dumped"),
	EXIT(thread, EUN_BOOL, 0, "a thread ended, its process goes on"),
	EXIT(duration_ns, EUN_U64, 0, "time it lived"),
	EXIT(user_ns, EUN_U64, 0, "CPU time in user space, as the kernel accounts it (by ticks, mostly)"),
	EXIT(system_ns, EUN_U64, 0, "CPU time in the kernel, likewise"),
};

#define FORK(member, type, flags, help) EUN_FIELD(struct process_fork, member, type, flags, help)

static const struct eun_field fork_fields[] = {
	FORK(child_pid, EUN_U32, 0, "process id of the child"),
	FORK(child_tid, EUN_U32, 0, "thread id of the child"),
	FORK(child_nspid, EUN_U32, 0, "thread id of the child in its own pid namespace"),
	FORK(child_pidns, EUN_U32, 0, "inode number of the child's pid namespace"),
	FORK(thread, EUN_BOOL, 0, "a thread of the same process"),
};

#define CRED(member, type, labels, help)                                                              \
	EUN_NAMED("old_" #member, struct process_cred, old.member, type, 0, labels, help ", before"), \
		EUN_NAMED("new_" #member, struct process_cred, now.member, type, 0, labels, help ", after")

static const struct eun_field cred_fields[] = {
	EUN_LABELLED(struct process_cred, call, EUN_ENUM, 0, calls, "the call that changed them, or was to"),
	CRED(uid, EUN_U32, NULL, "real user id"),
	CRED(euid, EUN_U32, NULL, "effective user id"),
	CRED(suid, EUN_U32, NULL, "saved user id"),
	CRED(fsuid, EUN_U32, NULL, "user id for access to files"),
	CRED(gid, EUN_U32, NULL, "real group id"),
	CRED(egid, EUN_U32, NULL, "effective group id"),
	CRED(sgid, EUN_U32, NULL, "saved group id"),
	CRED(fsgid, EUN_U32, NULL, "group id for access to files"),
	CRED(groups, EUN_U32, NULL, "number of further groups"),
	CRED(securebits, EUN_FLAGS, securebits, "what root is denied"),
	CRED(cap_permitted, EUN_CAPS, NULL, "permitted capabilities"),
	CRED(cap_effective, EUN_CAPS, NULL, "effective capabilities"),
	CRED(cap_inheritable, EUN_CAPS, NULL, "inheritable capabilities"),
	CRED(cap_ambient, EUN_CAPS, NULL, "ambient capabilities"),
	CRED(cap_bset, EUN_CAPS, NULL, "bounding set"),
	CRED(userns, EUN_U32, NULL, "inode number of the user namespace"),
	EUN_FIELD(struct process_cred, exe_mode, EUN_U16, EUN_FIELD_OCTAL,
		  "type and permissions of the program's file"),
	EUN_FIELD(struct process_cred, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define SPACE(member, help)                                                                                 \
	EUN_NAMED("old_" #member, struct process_namespace, old.member, EUN_U32, 0, NULL, help ", before"), \
		EUN_NAMED("new_" #member, struct process_namespace, now.member, EUN_U32, 0, NULL, help ", after")
#define NAMESPACE(member, type, flags, help) EUN_FIELD(struct process_namespace, member, type, flags, help)

static const struct eun_field namespace_fields[] = {
	EUN_LABELLED(struct process_namespace, call, EUN_ENUM, 0, calls, "the call"),
	EUN_LABELLED(struct process_namespace, types, EUN_FLAGS, 0, clone_flags, "the namespaces asked for or changed"),
	EUN_LABELLED(struct process_namespace, flags, EUN_FLAGS, 0, clone_flags, "as the call gave them"),
	SPACE(mnt, "inode number of the mount namespace"),
	SPACE(pid, "inode number of the pid namespace of children to come"),
	SPACE(net, "inode number of the network namespace"),
	SPACE(user, "inode number of the user namespace"),
	SPACE(ipc, "inode number of the IPC namespace"),
	SPACE(uts, "inode number of the UTS namespace"),
	SPACE(cgroup, "inode number of the cgroup namespace"),
	SPACE(time, "inode number of the time namespace of children to come"),
	NAMESPACE(cap_effective, EUN_CAPS, 0, "effective capabilities before the call"),
	NAMESPACE(child_pid, EUN_U32, 0, "clone: process id of the child, whose namespaces the new ones are"),
	NAMESPACE(fd, EUN_S32, 0, "setns: the descriptor; else -1"),
	NAMESPACE(target_ns, EUN_U32, 0, "setns: inode number of the namespace that the descriptor is of; 0: of none"),
	NAMESPACE(target_pid, EUN_U32, 0, "setns: process that the descriptor is of; 0: of none"),
	NAMESPACE(target_comm, EUN_CHARS, 0, "setns: that process's name"),
	NAMESPACE(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define PTRACE(member, type, flags, help) EUN_FIELD(struct process_ptrace, member, type, flags, help)

static const struct eun_field ptrace_fields[] = {
	EUN_LABELLED(struct process_ptrace, request, EUN_ENUM, 0, ptrace_requests, "what is asked for"),
	PTRACE(target_pid, EUN_U32, 0, "process that is traced (PTRACE_TRACEME: the caller); 0: there is none"),
	PTRACE(target_tid, EUN_U32, 0, "its thread"),
	PTRACE(target_nspid, EUN_S32, 0, "its number as the call gave it"),
	PTRACE(target_uid, EUN_U32, 0, "its real user id"),
	PTRACE(target_comm, EUN_CHARS, 0, "its name"),
	PTRACE(addr, EUN_U64, EUN_FIELD_HEX, "the call's third argument"),
	PTRACE(data, EUN_U64, EUN_FIELD_HEX, "the call's fourth argument"),
	PTRACE(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define MODULE(member, type, flags, help) EUN_FIELD(struct process_module, member, type, flags, help)

static const struct eun_field module_fields[] = {
	EUN_LABELLED(struct process_module, call, EUN_ENUM, 0, calls, "how"),
	MODULE(name, EUN_CHARS, 0, "the module; empty: the kernel did not get to know it"),
	EUN_LABELLED(struct process_module, name_source, EUN_ENUM, 0, sources, "who says what name is"),
	MODULE(path, EUN_PATH, 0, "finit_module: the file it came from"),
	MODULE(fd, EUN_S32, 0, "finit_module: the file's descriptor; else -1"),
	MODULE(dev, EUN_U32, 0, "finit_module: device of the file's file system (st_dev)"),
	MODULE(inode, EUN_U64, 0, "finit_module: inode number of the file"),
	MODULE(params, EUN_STRING, EUN_FIELD_USER, "the module's parameters"),
	EUN_LABELLED(struct process_module, flags, EUN_FLAGS, 0, module_flags, "as the call gave them"),
	EUN_LABELLED(struct process_module, taints, EUN_FLAGS, 0, taints, "what the module makes of the kernel"),
	MODULE(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define BPF(member, type, flags, help) EUN_FIELD(struct process_bpf, member, type, flags, help)

static const struct eun_field bpf_fields[] = {
	EUN_LABELLED(struct process_bpf, cmd, EUN_ENUM, 0, bpf_commands, "the command"),
	EUN_LABELLED(struct process_bpf, prog_type, EUN_ENUM, 0, bpf_program_types, "type of the program"),
	EUN_LABELLED(struct process_bpf, attach_type, EUN_ENUM, 0, bpf_attach_types, "where the program is to run"),
	EUN_LABELLED(struct process_bpf, map_type, EUN_ENUM, 0, bpf_map_types, "type of the map"),
	BPF(name, EUN_CHARS, 0, "of the program or map"),
	BPF(id, EUN_U32, 0, "of the program, map or link; 0: not known"),
	BPF(insns, EUN_U32, EUN_FIELD_USER, "BPF_PROG_LOAD: instructions given"),
	BPF(target, EUN_STRING, EUN_FIELD_USER, "the path of a pin, the name of a raw tracepoint"),
	EUN_LABELLED(struct process_bpf, source, EUN_ENUM, 0, sources, "who says what types and name are"),
	BPF(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result; a descriptor"),
};

#define OOM(member, type, flags, help) EUN_FIELD(struct process_oom, member, type, flags, help)

static const struct eun_field oom_fields[] = {
	OOM(victim_pid, EUN_U32, 0, "process that is killed"),
	OOM(victim_tid, EUN_U32, 0, "its thread that was found to have the memory"),
	OOM(victim_uid, EUN_U32, 0, "its real user id"),
	OOM(victim_cgroup, EUN_U64, 0, "id of its cgroup"),
	OOM(victim_comm, EUN_CHARS, 0, "its name"),
	OOM(oom_score_adj, EUN_S32, 0, "its /proc/PID/oom_score_adj"),
	OOM(pages, EUN_U64, 0, "pages of memory that it has"),
	OOM(anon_pages, EUN_U64, 0, "of those: of no file"),
	OOM(file_pages, EUN_U64, 0, "of those: of files"),
	OOM(shmem_pages, EUN_U64, 0, "of those: shared, of no file"),
	OOM(total_vm_pages, EUN_U64, 0, "pages of its address space"),
};

#define CAPABLE(member, type, flags, labels, help) \
	EUN_LABELLED(struct process_capable, member, type, flags, labels, help)

static const struct eun_field capable_fields[] = {
	CAPABLE(cap, EUN_U8, 0, NULL, "number of the capability"),
	CAPABLE(name, EUN_ENUM, 0, capabilities, "name of the capability"),
	CAPABLE(audit, EUN_ENUM, 0, audits, "a refusal is to be audited; unknown: the tracepoint doesn't tell"),
	CAPABLE(verdict, EUN_ENUM, 0, verdicts, "the answer"),
	CAPABLE(userns, EUN_U32, 0, NULL, "inode number of the user namespace in which it is needed"),
	CAPABLE(ret, EUN_ERRNO, EUN_FIELD_ERROR, NULL, "the answer as the kernel gives it"),
};

#define DUP(member, type, flags, help) EUN_FIELD(struct process_dup, member, type, flags, help)

static const struct eun_field dup_fields[] = {
	EUN_LABELLED(struct process_dup, call, EUN_ENUM, 0, calls, "how; execve: a program begins with it"),
	DUP(old_fd, EUN_S32, 0, "the descriptor that was doubled"),
	DUP(new_fd, EUN_S32, 0, "0, 1 or 2"),
	EUN_LABELLED(struct process_dup, type, EUN_ENUM, 0, file_types, "kind of file"),
	DUP(path, EUN_PATH, 0, "where it is; empty: a socket"),
	DUP(inode, EUN_U64, 0, "its inode number"),
	EUN_LABELLED(struct process_dup, family, EUN_ENUM, 0, families, "of a socket"),
	EUN_LABELLED(struct process_dup, socket_type, EUN_ENUM, 0, socket_types, "of a socket"),
	DUP(protocol, EUN_U16, 0, "of a socket"),
	DUP(saddr, EUN_IP, 0, "of an internet socket: its own address"),
	DUP(sport, EUN_U16, 0, "its own port"),
	DUP(daddr, EUN_IP, 0, "the peer's address"),
	DUP(dport, EUN_U16, 0, "the peer's port"),
};

#define PRCTL(member, type, flags, help) EUN_FIELD(struct process_prctl, member, type, flags, help)

static const struct eun_field prctl_fields[] = {
	EUN_LABELLED(struct process_prctl, option, EUN_ENUM, 0, prctl_options, "what is set or asked for"),
	PRCTL(arg2, EUN_U64, EUN_FIELD_HEX, "the call's second argument"),
	PRCTL(arg3, EUN_U64, EUN_FIELD_HEX, "the call's third argument"),
	PRCTL(arg4, EUN_U64, EUN_FIELD_HEX, "the call's fourth argument"),
	PRCTL(arg5, EUN_U64, EUN_FIELD_HEX, "the call's fifth argument"),
	PRCTL(name, EUN_STRING, 0, "PR_SET_NAME: the new name"),
	PRCTL(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define SECCOMP(member, type, labels, help) EUN_LABELLED(struct process_seccomp, member, type, 0, labels, help)

static const struct eun_field seccomp_fields[] = {
	SECCOMP(call, EUN_ENUM, calls, "seccomp, or prctl(PR_SET_SECCOMP)"),
	SECCOMP(op, EUN_ENUM, seccomp_operations, "the operation"),
	SECCOMP(flags, EUN_FLAGS, seccomp_flags, "as the call gave them"),
	EUN_FIELD(struct process_seccomp, instructions, EUN_U32, EUN_FIELD_USER, "of the filter given"),
	SECCOMP(mode, EUN_ENUM, seccomp_modes, "the thread's mode now"),
	SECCOMP(filters, EUN_U32, NULL, "filters that the thread has now"),
	EUN_FIELD(struct process_seccomp, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define CHROOT(member, type, flags, help) EUN_FIELD(struct process_chroot, member, type, flags, help)

static const struct eun_field chroot_fields[] = {
	CHROOT(path, EUN_PATH, 0, "the new root; failed: the path given, joined"),
	CHROOT(name, EUN_STRING, EUN_FIELD_USER, "the path as the call gave it"),
	EUN_LABELLED(struct process_chroot, path_source, EUN_ENUM, 0, sources, "who says what path is"),
	CHROOT(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

#define KEYCTL(member, type, flags, help) EUN_FIELD(struct process_keyctl, member, type, flags, help)

static const struct eun_field keyctl_fields[] = {
	EUN_LABELLED(struct process_keyctl, operation, EUN_ENUM, 0, keyctl_operations, "the operation"),
	KEYCTL(arg2, EUN_U64, EUN_FIELD_HEX, "the call's second argument: mostly a key"),
	KEYCTL(arg3, EUN_U64, EUN_FIELD_HEX, "the call's third argument"),
	KEYCTL(arg4, EUN_U64, EUN_FIELD_HEX, "the call's fourth argument"),
	KEYCTL(arg5, EUN_U64, EUN_FIELD_HEX, "the call's fifth argument"),
	KEYCTL(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result"),
};

static const struct eun_field personality_fields[] = {
	EUN_LABELLED(struct process_personality, persona, EUN_FLAGS, 0, personas,
		     "as the call gave it; 0xffffffff: asks"),
	EUN_FIELD(struct process_personality, ret, EUN_ERRNO, EUN_FIELD_ERROR, "what it was before"),
};

#define PERF(member, type, flags, help) EUN_FIELD(struct process_perf_event, member, type, flags, help)

static const struct eun_field perf_event_fields[] = {
	EUN_LABELLED(struct process_perf_event, type, EUN_ENUM, EUN_FIELD_USER, perf_types, "type of the event"),
	PERF(config, EUN_U64, EUN_FIELD_USER | EUN_FIELD_HEX, "which event of that type"),
	PERF(target_nspid, EUN_S32, 0, "thread to be watched, as the call gave it; 0: the caller, -1: all"),
	PERF(target_cpu, EUN_S32, 0, "CPU to be watched; -1: all"),
	PERF(group_fd, EUN_S32, 0, "descriptor of the group's leader; -1: none"),
	EUN_LABELLED(struct process_perf_event, flags, EUN_FLAGS, 0, perf_flags, "as the call gave them"),
	PERF(ret, EUN_ERRNO, EUN_FIELD_ERROR, "result; a descriptor"),
};

static const struct eun_field io_uring_fields[] = {
	EUN_FIELD(struct process_io_uring, entries, EUN_U32, 0, "entries asked for"),
	EUN_LABELLED(struct process_io_uring, flags, EUN_FLAGS, EUN_FIELD_USER, ring_flags, "as the call gave them"),
	EUN_FIELD(struct process_io_uring, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result; a descriptor"),
};

static const struct eun_field userfaultfd_fields[] = {
	EUN_LABELLED(struct process_userfaultfd, flags, EUN_FLAGS, 0, userfaultfd_flags, "as the call gave them"),
	EUN_FIELD(struct process_userfaultfd, ret, EUN_ERRNO, EUN_FIELD_ERROR, "result; a descriptor"),
};

#endif
