# What the build can use of this machine. fa_capabilities: what the library links;
# fa_cli_capabilities: what only the command line links.
find_package(PkgConfig REQUIRED)
add_library(fa_capabilities INTERFACE)
add_library(fa_cli_capabilities INTERFACE)
set(FA_CAPABILITY_TABLE "")

macro(fa_report name found package)
  if(${found})
    list(APPEND FA_CAPABILITY_TABLE "  ${name}: yes")
  else()
    list(APPEND FA_CAPABILITY_TABLE "  ${name}: no (Debian: ${package})")
  endif()
endmacro()

# zlib and inih are small and everywhere: without them there is no reading of data or recipes.
find_package(ZLIB REQUIRED)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
target_link_libraries(fa_capabilities INTERFACE ZLIB::ZLIB PkgConfig::INIH PkgConfig::JANSSON)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
target_link_libraries(fa_capabilities INTERFACE Threads::Threads)


# Checksums of fetched data.
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd)
target_link_libraries(fa_cli_capabilities INTERFACE PkgConfig::LIBMD)

set(FA_CSV AUTO CACHE STRING "tables of text by libcsv: AUTO, ON or OFF")
set(FA_UTF8PROC AUTO CACHE STRING "words of texts by utf8proc: AUTO, ON or OFF")
set(FA_JPEG AUTO CACHE STRING "JPEG images by libjpeg-turbo: AUTO, ON or OFF")
set(FA_PNG AUTO CACHE STRING "PNG images by libpng: AUTO, ON or OFF")
set(FA_ONEDNN AUTO CACHE STRING "engine onednn: AUTO, ON or OFF")
set(FA_MPI AUTO CACHE STRING "a training on several processes by MPI: AUTO, ON or OFF")
set(FA_CURL AUTO CACHE STRING "forced-apart data fetch: AUTO, ON or OFF")

if(NOT FA_ONEDNN STREQUAL OFF)
  # Not by its CMake package: Debian's asks for OpenCL headers that nothing here uses.
  find_path(DNNL_INCLUDE_DIR dnnl.h)
  find_library(DNNL_LIBRARY dnnl)
  if(DNNL_INCLUDE_DIR AND DNNL_LIBRARY)
    set(FA_HAVE_ONEDNN ON)
  elseif(FA_ONEDNN STREQUAL ON)
    message(FATAL_ERROR "FA_ONEDNN=ON, but oneDNN was not found (Debian: libdnnl-dev)")
  endif()
endif()
if(FA_HAVE_ONEDNN)
  # An installed package names the library, not where it lay on the machine that built it.
  target_include_directories(fa_capabilities SYSTEM INTERFACE
                             $<BUILD_INTERFACE:${DNNL_INCLUDE_DIR}>)
  target_link_libraries(fa_capabilities INTERFACE $<BUILD_INTERFACE:${DNNL_LIBRARY}>
                                                  $<INSTALL_INTERFACE:dnnl>)
  target_compile_definitions(fa_capabilities INTERFACE FA_HAVE_ONEDNN=1)
endif()
fa_report("engine onednn" FA_HAVE_ONEDNN "libdnnl-dev")

if(NOT FA_MPI STREQUAL OFF)
  find_package(MPI QUIET COMPONENTS C)
  if(FA_MPI STREQUAL ON AND NOT MPI_C_FOUND)
    message(FATAL_ERROR "FA_MPI=ON, but MPI was not found (Debian: libopenmpi-dev openmpi-bin)")
  endif()
endif()
if(MPI_C_FOUND AND NOT FA_MPI STREQUAL OFF)
  set(FA_HAVE_MPI ON)
  target_link_libraries(fa_capabilities INTERFACE $<BUILD_INTERFACE:MPI::MPI_C> $<INSTALL_INTERFACE:mpi>)
  target_compile_definitions(fa_capabilities INTERFACE FA_HAVE_MPI=1)
endif()
fa_report("ranks (MPI)" FA_HAVE_MPI "libopenmpi-dev openmpi-bin")

if(NOT FA_CURL STREQUAL OFF)
  find_package(CURL QUIET)
  if(FA_CURL STREQUAL ON AND NOT CURL_FOUND)
    message(FATAL_ERROR "FA_CURL=ON, but libcurl was not found (Debian: libcurl4-openssl-dev)")
  endif()
endif()
if(CURL_FOUND)
  target_link_libraries(fa_cli_capabilities INTERFACE CURL::libcurl)
  target_compile_definitions(fa_cli_capabilities INTERFACE FA_HAVE_CURL=1)
endif()
fa_report("data fetch (libcurl)" CURL_FOUND "libcurl4-openssl-dev")

# Not all of these bring a CMake package or pkg-config file everywhere.
function(fa_find_plain option name header library package)
  if(${option} STREQUAL OFF)
    return()
  endif()
  find_path(${name}_INCLUDE_DIR ${header})
  find_library(${name}_LIBRARY ${library})
  if(${name}_INCLUDE_DIR AND ${name}_LIBRARY)
    set(FA_HAVE_${name} ON PARENT_SCOPE)
    target_include_directories(fa_capabilities SYSTEM INTERFACE
                               $<BUILD_INTERFACE:${${name}_INCLUDE_DIR}>)
    target_link_libraries(fa_capabilities INTERFACE $<BUILD_INTERFACE:${${name}_LIBRARY}>
                                                    $<INSTALL_INTERFACE:${library}>)
    target_compile_definitions(fa_capabilities INTERFACE FA_HAVE_${name}=1)
  elseif(${option} STREQUAL ON)
    message(FATAL_ERROR "${option}=ON, but ${library} was not found (Debian: ${package})")
  endif()
endfunction()
fa_find_plain(FA_CSV CSV csv.h csv libcsv-dev)
fa_report("tables of text (libcsv)" FA_HAVE_CSV "libcsv-dev")
fa_find_plain(FA_UTF8PROC UTF8PROC utf8proc.h utf8proc libutf8proc-dev)
fa_report("words of texts (utf8proc)" FA_HAVE_UTF8PROC "libutf8proc-dev")
fa_find_plain(FA_JPEG JPEG jpeglib.h jpeg libjpeg-dev)
fa_report("JPEG images (libjpeg-turbo)" FA_HAVE_JPEG "libjpeg-dev")
fa_find_plain(FA_PNG PNG png.h png libpng-dev)
fa_report("PNG images (libpng)" FA_HAVE_PNG "libpng-dev")

function(fa_print_capabilities)
  list(JOIN FA_CAPABILITY_TABLE "\n" table)
  message(STATUS "forced-apart ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}\n${table}")
endfunction()
