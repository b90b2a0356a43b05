# One INTERFACE target carries every warning, Qt strictness macro and sanitizer flag.
add_library(talkbench_compiler INTERFACE)

target_compile_options(talkbench_compiler INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wsuggest-override -Wzero-as-null-pointer-constant
    $<$<BOOL:${TALKBENCH_WERROR}>:-Werror>)

target_compile_definitions(talkbench_compiler INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_CAST_FROM_BYTEARRAY QT_NO_URL_CAST_FROM_STRING
    QT_NO_KEYWORDS QT_NO_FOREACH QT_STRICT_ITERATORS QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    QT_NO_CONTEXTLESS_CONNECT QT_DISABLE_DEPRECATED_BEFORE=0x060400
    TALKBENCH_VERSION="${PROJECT_VERSION}")

target_include_directories(talkbench_compiler INTERFACE ${PROJECT_SOURCE_DIR})

if(TALKBENCH_SANITIZE)
    target_compile_options(talkbench_compiler INTERFACE -fsanitize=${TALKBENCH_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(talkbench_compiler INTERFACE -fsanitize=${TALKBENCH_SANITIZE})
endif()

find_program(TALKBENCH_CCACHE ccache)
if(TALKBENCH_CCACHE)
    # ccache needs these to see through precompiled headers and to share objects between checkouts.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TALKBENCH_CCACHE})
endif()

# talkbench_pch(<target> <header>...): precompile the headers unless that is switched off.
function(talkbench_pch target)
    if(TALKBENCH_PCH)
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()
