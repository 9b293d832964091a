# One set of flags for every target of ours. -ffp-contract=off: a product and a sum are fused where the
# source says fma and nowhere else, or the same bytes on every machine would be luck.
function(sd14_warnings target)
    target_compile_options(${target} PRIVATE -ffp-contract=off -fno-math-errno
        -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wdouble-promotion -Wformat=2
        -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-qual -Wundef
        # gcc's plain -Wshadow forbids `const graph *graph` as well, clang's does not.
        -Wshadow$<$<C_COMPILER_ID:GNU>:=local>
        $<$<BOOL:${SD14_WERROR}>:-Werror>)
    if(SD14_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${SD14_SANITIZE} -fno-sanitize-recover=all
            -fno-omit-frame-pointer
            # Four checks of every pointer cost clang minutes for the unrolled kernels; gcc makes them too.
            $<$<C_COMPILER_ID:Clang>:-fno-sanitize=alignment,null,object-size,pointer-overflow>)
        target_link_options(${target} PUBLIC -fsanitize=${SD14_SANITIZE})
    endif()
endfunction()
