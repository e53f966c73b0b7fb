# SPDX-License-Identifier: MIT
# eunomia_plugin(NAME [SOURCE file.c] [BPF file.bpf.c] [OUTPUT dir])
#
# A tracer plugin: NAME.c with NAME.bpf.c embedded, as NAME.so. Used by the tree itself and, installed as part of
# EunomiaConfig.cmake, by third parties. Nothing in the .so runs when it is loaded: no start files, no constructors.
#   EUNOMIA_INCLUDE_DIR  where eunomia/plugin.h is
#   EUNOMIA_BPF_DIR      where common.bpf.h is
if(NOT EUNOMIA_INCLUDE_DIR)
  set(EUNOMIA_INCLUDE_DIR ${CMAKE_SOURCE_DIR}/core/include)
  set(EUNOMIA_BPF_DIR ${CMAKE_SOURCE_DIR}/bpf)
endif()

find_program(EUNOMIA_CLANG NAMES clang clang-19 clang-16 clang-15 clang-14 REQUIRED)
find_program(EUNOMIA_LLVM_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-16 llvm-strip-15 llvm-strip-14 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_get_variable(EUNOMIA_LIBBPF_INCLUDE libbpf includedir)
string(REGEX REPLACE "^(x86_64|AMD64)$" "x86" EUNOMIA_BPF_ARCH "${CMAKE_SYSTEM_PROCESSOR}")
string(REGEX REPLACE "^aarch64$" "arm64" EUNOMIA_BPF_ARCH "${EUNOMIA_BPF_ARCH}")

# Compiles a BPF program; DWARF is stripped, BTF stays, without the relocations that only a linker would want. No BTF of
# the build host is read.
# Of the tree's own plugins the lines of their source go, too: a third of their size.
function(eunomia_bpf_object source object)
  cmake_parse_arguments(arg "LEAN" "" "" ${ARGN})
  set(lean)
  if(arg_LEAN AND TARGET bpf_lean)
    set(lean COMMAND bpf_lean ${object})
  endif()
  cmake_path(GET object PARENT_PATH dir)
  file(MAKE_DIRECTORY ${dir})
  file(GLOB headers CONFIGURE_DEPENDS ${EUNOMIA_BPF_DIR}/*.h ${EUNOMIA_INCLUDE_DIR}/eunomia/*.h)
  cmake_path(GET source PARENT_PATH source_dir)
  add_custom_command(OUTPUT ${object}
    COMMAND ${EUNOMIA_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${EUNOMIA_BPF_ARCH}
      -Wall -Wextra -Werror -Wno-unused-parameter -Wno-address-of-packed-member -fno-stack-protector
      -I${EUNOMIA_INCLUDE_DIR} -I${EUNOMIA_BPF_DIR} -I${source_dir} -idirafter ${EUNOMIA_LIBBPF_INCLUDE}
      -idirafter ${EUNOMIA_LIBBPF_INCLUDE}/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    ${lean}
    COMMAND ${EUNOMIA_LLVM_STRIP} -g -R .rel.BTF -R .rel.BTF.ext -R .llvm_addrsig ${object}
    DEPENDS ${source} ${headers} DEPFILE ${object}.d VERBATIM
    COMMENT "BPF ${object}")
endfunction()

function(eunomia_plugin name)
  cmake_parse_arguments(arg "" "SOURCE;BPF;OUTPUT" "" ${ARGN})
  if(NOT arg_SOURCE)
    set(arg_SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/${name}.c)
  endif()
  if(NOT arg_BPF)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
      set(arg_BPF ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
    else()
      set(arg_BPF ${EUNOMIA_BPF_DIR}/${name}.bpf.c)
    endif()
  endif()
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${CMAKE_CURRENT_BINARY_DIR})
    if(EUNOMIA_PLUGIN_OUTPUT)
      set(arg_OUTPUT ${EUNOMIA_PLUGIN_OUTPUT})
    endif()
  endif()
  cmake_path(ABSOLUTE_PATH arg_SOURCE NORMALIZE)
  cmake_path(ABSOLUTE_PATH arg_BPF NORMALIZE)
  cmake_path(GET arg_BPF PARENT_PATH bpf_dir)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  eunomia_bpf_object(${arg_BPF} ${object} LEAN)
  add_library(plugin_${name} MODULE ${arg_SOURCE})
  set_source_files_properties(${arg_SOURCE} PROPERTIES OBJECT_DEPENDS ${object})
  target_include_directories(plugin_${name} PRIVATE ${EUNOMIA_INCLUDE_DIR} ${bpf_dir})
  target_compile_definitions(plugin_${name} PRIVATE _GNU_SOURCE EUN_OBJECT_FILE="${object}")
  target_compile_options(plugin_${name} PRIVATE -Wall -Wextra -Werror -fvisibility=hidden)
  target_link_options(plugin_${name} PRIVATE -nostartfiles -Wl,-z,relro,-z,now,-z,defs -Wl,--as-needed)
  set_target_properties(plugin_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    C_STANDARD 17 LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT})
  if(EUNOMIA_PLUGIN_DIR AND EUNOMIA_PLUGIN_OUTPUT) # the tree's own
    install(TARGETS plugin_${name} LIBRARY DESTINATION ${EUNOMIA_PLUGIN_DIR})
  endif()
endfunction()
