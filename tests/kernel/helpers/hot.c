/* SPDX-License-Identifier: MIT */
/* The same, with libraries. */
#include "hot_static.c"
