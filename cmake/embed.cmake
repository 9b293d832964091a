# Puts a text file into a library: `const char <symbol>[]`, with a final zero, and `const size_t <symbol>_size`,
# without it. The file stays the one place where the text is written.
function(sd14_embed target file symbol)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "(..)" "'\\\\x\\1', " bytes "${hex}")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.c)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
/* Made by cmake/embed.cmake from @file@. */
#include <stddef.h>

extern const char @symbol@[];
extern const size_t @symbol@_size;
const char @symbol@[] = {@bytes@'\0'};
const size_t @symbol@_size = sizeof(@symbol@) - 1;
]])
    target_sources(${target} PRIVATE ${source})
endfunction()
