/* SPDX-License-Identifier: MIT */
#include "alert_curl.h"

#include <dlfcn.h>

#define LIBRARY "libcurl.so.4"

const char *alert_curl_load(struct alert_curl *curl)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return dlerror();
#define LOAD(name)                                                             \
	curl->name = (__typeof__(curl_##name) *)dlsym(library, "curl_" #name); \
	if (!curl->name)                                                       \
		return LIBRARY " has no curl_" #name;
	ALERT_CURL(LOAD)
	return NULL;
}
