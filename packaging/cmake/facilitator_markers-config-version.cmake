# A program runs with any later library whose first two numbers are the same, as the header says.
set(PACKAGE_VERSION "0.1.0")

string(REGEX MATCH "^[0-9]+\\.[0-9]+" _facilitator_markers_first_two "${PACKAGE_VERSION}")
if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION
        AND "${PACKAGE_FIND_VERSION_MAJOR}.${PACKAGE_FIND_VERSION_MINOR}" STREQUAL _facilitator_markers_first_two)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
endif()
