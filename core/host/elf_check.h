/* SPDX-License-Identifier: MIT */
/*
 * What a plugin's file says before anything of it can run.
 *
 * Only what the dynamic linker itself goes by is read (program headers, dynamic section), so that both see the same;
 * section headers may be stripped. Whatever the linker would run, search or assert() is refused, and so are relocations
 * that could change what was checked.
 */
#ifndef CORE_HOST_ELF_CHECK_H
#define CORE_HOST_ELF_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define ELF_LOADS_MAX 16
#define ELF_HEAD_SIZE 16 /* of struct eun_plugin: the part that never changes */

struct elf_plugin {
	uint64_t address;            /* of eunomia_plugin; this and the rest counted from where the file is loaded */
	uint8_t head[ELF_HEAD_SIZE]; /* its first bytes as they are in the file */
	uint32_t n_loads;
	struct elf_load {
		uint64_t start, end;
	} loads[ELF_LOADS_MAX]; /* what of the loaded file can be read, ascending */
};

/* `size` bytes of any content, not aligned. 0, or -EINVAL with `why`. */
int elf_check(const void *bytes, size_t size, struct elf_plugin *out, char *why, size_t why_size);

#endif
