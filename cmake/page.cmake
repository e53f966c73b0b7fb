# SPDX-License-Identifier: MIT
# The files of a folder as a table of bytes in C: cmake -DFOLDER=... -DOUTPUT=... -P page.cmake
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
set(code "/* SPDX-License-Identifier: MIT */\n/* Made by cmake/page.cmake. */\n#include \"server/page.h\"\n\n")
set(rows "")
set(i 0)
foreach(file ${files})
  string(APPEND code "__asm__(\".pushsection .rodata\\n.balign 8\\n.hidden page_${i}\\npage_${i}:\\n\"\n"
    "\t\".incbin \\\"${FOLDER}/${file}\\\"\\n.hidden page_${i}_end\\npage_${i}_end:\\n.byte 0\\n.popsection\\n\");\n"
    "extern const unsigned char page_${i}[] __attribute__((visibility(\"hidden\")));\n"
    "extern const unsigned char page_${i}_end[] __attribute__((visibility(\"hidden\")));\n")
  string(APPEND rows "\t{\"/${file}\", page_${i}, page_${i}_end},\n")
  math(EXPR i "${i} + 1")
endforeach()
file(WRITE ${OUTPUT}.new "${code}const struct page_file page_files[] = {\n${rows}\t{0},\n};\n")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
