/* SPDX-License-Identifier: MIT */
/* The page's files, embedded when the server is built: core/server/ui/dist, as far as it is there. */
#ifndef CORE_SERVER_PAGE_H
#define CORE_SERVER_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* "/index.html" */
	const unsigned char *bytes, *end;
};

/* Ends at path NULL. */
extern const struct page_file page_files[];

#endif
