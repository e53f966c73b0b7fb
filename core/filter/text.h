/* SPDX-License-Identifier: MIT */
/* Comparing a record's text with the filter's, byte by byte where `see` (enum see) asks for it; nothing is copied. */
#ifndef CORE_FILTER_TEXT_H
#define CORE_FILTER_TEXT_H

#include "program.h"

/* `len` bytes each. */
bool text_equal(const char *value, const char *text, uint32_t len, unsigned see);
/* By length, then bytes: less than, equal to or greater than 0. */
int text_order(const char *value, uint32_t value_len, const char *text, uint32_t len, unsigned see);
bool text_contains(const char *value, uint32_t value_len, const char *text, uint32_t len, unsigned see);
/* The whole value: * any bytes, also '/', ? one byte, [a-z] [!a-z] one of them, \ takes the next one as it is. */
bool text_glob(const char *value, uint32_t value_len, const char *glob, uint32_t len, unsigned see);

#endif
