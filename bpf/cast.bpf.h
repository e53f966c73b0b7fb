/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Pointers with a type, since 6.2: a load through one is a single instruction and yields 0 where it would fault. A read
 * by a helper costs some 25 ns where the kernel guards its returns.
 *
 *     EUN_CAST_TYPE(dentry);
 *     ...
 *     if (EUN_CASTS)
 *             parent = eun_cast(dentry, pointer)->d_parent;
 *     else
 *             parent = BPF_CORE_READ(pointer, d_parent);
 *
 * The kernel's call is bpf_rdonly_cast(pointer, number of the type). As an extern it would have libbpf read all of the
 * kernel's BTF, for each object; so it is a call without a number here, and the host, which knows the numbers of both
 * (core/host/hook.h), sets them before it loads the object. In tp_btf, fentry, fexit and iter programs, and what is
 * inlined in them.
 */
#ifndef EUNOMIA_CAST_BPF_H
#define EUNOMIA_CAST_BPF_H

/* The kernel's list of such calls: without this one the branch that makes it is dead, and may name what is not there.
 */
enum special_kfunc_type {
	KF_bpf_rdonly_cast,
};
#define EUN_CASTS bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

/* Once for each struct that is cast to: the host sets it to the struct's number. */
#define EUN_CAST_TYPE(name) const volatile u32 eun_btf_##name = 0

#define eun_cast(name, pointer) ((struct name *)eun_cast_to((pointer), eun_btf_##name))

static __always_inline void *eun_cast_to(const void *pointer, u64 type)
{
	register const void *from asm("r1") = pointer;
	register u64 number asm("r2") = type;
	register void *to asm("r0");
	/* call EUN_CAST_CALL with source register BPF_PSEUDO_KFUNC_CALL, 2 */
	asm volatile(".byte 0x85, 0x20, 0, 0\n.long %[call]"
		     : "=r"(to), "+r"(from), "+r"(number)
		     : [call] "i"(EUN_CAST_CALL)
		     : "r3", "r4", "r5");
	return to;
}

#endif
