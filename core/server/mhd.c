/* SPDX-License-Identifier: MIT */
#include "mhd.h"

#include <dlfcn.h>

#define LIBRARY "libmicrohttpd.so.12"

const char *mhd_load(struct mhd *mhd)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return dlerror();
#define LOAD(name)                                                          \
	mhd->name = (__typeof__(MHD_##name) *)dlsym(library, "MHD_" #name); \
	if (!mhd->name)                                                     \
		return LIBRARY " has no MHD_" #name;
	SERVER_MHD(LOAD)
	return NULL;
}
