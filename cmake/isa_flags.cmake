# The file name's suffix decides its instruction set: foo_avx2.c, foo_avx512_vnni.c. Everything else is
# compiled for the baseline, so the same library runs on every processor of the architecture.
set(SD14_ISA_FLAGS_avx2   -mavx2 -mfma -mf16c)
set(SD14_ISA_FLAGS_avx_vnni ${SD14_ISA_FLAGS_avx2} -mavxvnni)
set(SD14_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c)
set(SD14_ISA_FLAGS_avx512_vnni ${SD14_ISA_FLAGS_avx512} -mavx512vnni)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(SD14_X86_64 1)
endif()

# Sets the flags of each source that has an instruction set in its name; drops those of other machines.
function(sd14_isa_sources sources_variable)
    set(kept)
    foreach(source ${${sources_variable}})
        if(NOT source MATCHES "_(avx2|avx_vnni|avx512|avx512_vnni)\\.c$")
            list(APPEND kept ${source})
        elseif(SD14_X86_64)
            set_source_files_properties(${source} PROPERTIES
                COMPILE_OPTIONS "${SD14_ISA_FLAGS_${CMAKE_MATCH_1}}")
            list(APPEND kept ${source})
        endif()
    endforeach()
    set(${sources_variable} ${kept} PARENT_SCOPE)
endfunction()
