# SPDX-License-Identifier: MIT
# A C project of $FILES (200) files in libraries: configured, built, tested, changed, built again, installed, packed.
set -eu
cd "$W"
FILES=${FILES:-200}
mkdir -p src
i=0
while [ $i -lt "$FILES" ]; do
	printf '#include <stdio.h>\n#include <string.h>\n#include "made.h"\nint f%d(const char *s) { return printf("%%s", s) + (int)strlen(s) + %d; }\n' $i $i >src/f$i.c
	i=$((i + 1))
done
cat >main.c <<'C'
#include "made.h"
int f0(const char *), f1(const char *);
int main(int argc, char **argv) { return f0(argv[argc - 1]) + f1("") < 0; }
C
echo '#cmakedefine HAVE_STDINT_H 1' >made.h.in
cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.20)
project(ordinary C)
include(CheckIncludeFile)
include(CheckFunctionExists)
include(CheckCSourceRuns)
foreach(header stdint sys/epoll sys/uio pthread features)
  string(MAKE_C_IDENTIFIER HAVE_${header}_H name)
  check_include_file(${header}.h ${name})
endforeach()
foreach(function memfd_create openat2 strlcpy getrandom)
  check_function_exists(${function} HAVE_${function})
endforeach()
check_c_source_runs("int main(void) { return 0; }" RUNS)
configure_file(made.h.in made.h)
include_directories(${CMAKE_BINARY_DIR})
file(GLOB sources src/*.c)
add_library(every STATIC ${sources})
add_library(some SHARED src/f0.c src/f1.c)
add_executable(tool main.c)
target_link_libraries(tool some)
enable_testing()
foreach(i RANGE 1 20)
  add_test(NAME t${i} COMMAND tool ${i})
endforeach()
install(TARGETS tool some every)
set(CPACK_GENERATOR TGZ)
include(CPack)
C
cmake -S . -B out -DCMAKE_BUILD_TYPE=Release
make -C out -j2
(cd out && ctest -j2)
touch src/f*5.c
make -C out -j2
make -C out install DESTDIR="$W/inst"
"$W/inst/usr/local/bin/tool" x || LD_LIBRARY_PATH="$W/inst/usr/local/lib" "$W/inst/usr/local/bin/tool" x
(cd out && cpack)
make -C out clean
