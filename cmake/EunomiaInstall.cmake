# SPDX-License-Identifier: MIT
# The SDK as third parties find it: headers, bpf/ for their BPF programs, find_package(Eunomia), pkg-config eunomia.
# Everything in it is relative to where it is found, so that `cmake --install --prefix` may put it anywhere.
include(CMakePackageConfigHelpers)
set(EUNOMIA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Eunomia)
set(EUNOMIA_BPF_INSTALL_DIR ${CMAKE_INSTALL_INCLUDEDIR}/eunomia/bpf)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/EunomiaConfig.cmake.in ${CMAKE_BINARY_DIR}/EunomiaConfig.cmake
  INSTALL_DESTINATION ${EUNOMIA_CMAKE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR EUNOMIA_BPF_INSTALL_DIR EUNOMIA_PLUGIN_DIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/EunomiaConfigVersion.cmake COMPATIBILITY SameMajorVersion
  ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/EunomiaConfig.cmake ${CMAKE_BINARY_DIR}/EunomiaConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/EunomiaPlugin.cmake DESTINATION ${EUNOMIA_CMAKE_DIR})

cmake_path(SET pc_dir NORMALIZE ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH EUNOMIA_PC_PREFIX ${pc_dir} ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/eunomia.pc.in ${CMAKE_BINARY_DIR}/eunomia.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/eunomia.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# What common.bpf.h includes, and nothing that belongs to one plugin.
foreach(header common.bpf.h call.bpf.h cast.bpf.h ia32.bpf.h ia32_table.h path.bpf.h string.bpf.h where.bpf.h vmlinux.h)
  install(FILES ${CMAKE_SOURCE_DIR}/bpf/${header} DESTINATION ${EUNOMIA_BPF_INSTALL_DIR})
endforeach()
