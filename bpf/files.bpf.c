/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Files: opened, closed, named, changed, mounted, read and written. */
#include "common.bpf.h"

#include "files.h"
#include "files_nr.h"

#include "files_calls.bpf.h"
#include "files_begun.bpf.h"
#include "files_path.bpf.h"
#include "files_hook.bpf.h"
#include "files_quick.bpf.h"
#include "files_open.bpf.h"
#include "files_uring.bpf.h"
#include "files_io.bpf.h"
#include "files_io_call.bpf.h"
#include "files_stat.bpf.h"
#include "files_life.bpf.h"
#include "files_ia32.bpf.h"
