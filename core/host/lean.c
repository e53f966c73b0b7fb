/* SPDX-License-Identifier: MIT */
#include "lean.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Documentation/bpf/btf.rst, "BTF_ext_Header"; offsets count from its end. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
};

static bool holds(size_t size, uint64_t off, uint64_t len)
{
	return off <= size && len <= size - off;
}

/* The relocations, which follow the lines, take their place. */
static void drop_lines(char *bytes, Elf64_Shdr *section)
{
	struct ext_header *h = (struct ext_header *)bytes;
	if (section->sh_size < sizeof(*h) || h->hdr_len < sizeof(*h) || h->hdr_len > section->sh_size)
		return;
	size_t size = section->sh_size - h->hdr_len;
	if (h->line_off > h->core_off || h->func_off > h->line_off || !holds(size, h->core_off, h->core_len) ||
	    !holds(h->line_off, h->func_off, h->func_len) || !holds(h->core_off, h->line_off, h->line_len))
		return;
	memmove(bytes + h->hdr_len + h->line_off, bytes + h->hdr_len + h->core_off, h->core_len);
	h->core_off = h->line_off;
	h->line_len = 0;
	section->sh_size = (uint64_t)h->hdr_len + h->core_off + h->core_len;
}

static void drop_all(char *elf, size_t size)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)elf;
	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff % 8 ||
	    !holds(size, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr)) ||
	    head->e_shstrndx >= head->e_shnum)
		return;
	Elf64_Shdr *sections = (Elf64_Shdr *)(elf + head->e_shoff);
	const Elf64_Shdr *names = &sections[head->e_shstrndx];
	static const char wanted[] = ".BTF.ext";
	if (!holds(size, names->sh_offset, names->sh_size))
		return;
	for (Elf64_Shdr *s = sections; s < sections + head->e_shnum; s++)
		if (holds(names->sh_size, s->sh_name, sizeof(wanted)) &&
		    !memcmp(elf + names->sh_offset + s->sh_name, wanted, sizeof(wanted)) && s->sh_offset % 4 == 0 &&
		    holds(size, s->sh_offset, s->sh_size))
			drop_lines(elf + s->sh_offset, s);
}

void *lean_copy(const void *object, size_t size)
{
	char *copy = malloc(size);
	if (copy) {
		memcpy(copy, object, size);
		drop_all(copy, size);
	}
	return copy;
}
