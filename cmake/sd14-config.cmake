# find_package(sd14) gives sd14::sd14, the shared library; find_package(sd14 COMPONENTS static) gives
# sd14::sd14_static too, which needs the development packages of the libraries that sd14 uses.
include(${CMAKE_CURRENT_LIST_DIR}/sd14-shared.cmake)

if("static" IN_LIST sd14_FIND_COMPONENTS)
    include(CMakeFindDependencyMacro)
    find_dependency(Threads)
    find_dependency(PNG)
    find_dependency(PkgConfig)
    pkg_check_modules(jansson REQUIRED QUIET IMPORTED_TARGET jansson)
    pkg_check_modules(utf8proc REQUIRED QUIET IMPORTED_TARGET libutf8proc)
    pkg_check_modules(libcrypto REQUIRED QUIET IMPORTED_TARGET libcrypto)
    include(${CMAKE_CURRENT_LIST_DIR}/sd14-static.cmake)
    set(sd14_static_FOUND TRUE)
endif()
