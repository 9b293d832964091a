# The library as others get it: libsd14.so and libsd14.a, both with the names of include/sd14/ and no
# others; its headers, pkg-config and CMake packages, and the small model.
add_library(sd14_shared SHARED $<TARGET_OBJECTS:sd14_internal>)
target_link_libraries(sd14_shared PRIVATE ${SD14_LIBRARIES})
target_link_options(sd14_shared PRIVATE -Wl,--no-undefined -Wl,--as-needed)
set_target_properties(sd14_shared PROPERTIES OUTPUT_NAME sd14 EXPORT_NAME sd14 LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

# An archive cannot hide a name from the program that links it, one object can: all objects become one,
# and then its hidden symbols local.
set(whole ${CMAKE_CURRENT_BINARY_DIR}/sd14.o)
add_custom_command(OUTPUT ${whole}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${whole} $<TARGET_OBJECTS:sd14_internal>
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${whole}
    DEPENDS sd14_internal $<TARGET_OBJECTS:sd14_internal>
    COMMAND_EXPAND_LISTS VERBATIM COMMENT "Joining libsd14.a's objects")
set_source_files_properties(${whole} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
add_library(sd14_static STATIC ${whole})
target_link_libraries(sd14_static PRIVATE ${SD14_LIBRARIES})
set_target_properties(sd14_static PROPERTIES OUTPUT_NAME sd14 LINKER_LANGUAGE C)

foreach(kind shared static)
    target_include_directories(sd14_${kind} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    install(TARGETS sd14_${kind} EXPORT sd14-${kind})
    install(EXPORT sd14-${kind} NAMESPACE sd14:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sd14)
endforeach()

include(CMakePackageConfigHelpers)
write_basic_package_version_file(sd14-config-version.cmake COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH SD14_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/sd14.pc.in sd14.pc @ONLY)
install(FILES cmake/sd14-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/sd14-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sd14)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sd14.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY include/sd14 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY models/emoji DESTINATION ${CMAKE_INSTALL_DATADIR}/sd14/models)
install(DIRECTORY configs contracts DESTINATION ${CMAKE_INSTALL_DATADIR}/sd14)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
