// catch.hpp - Catch2 by one name: version 3 has a header of its own, version 2 (Debian 12) another.
//
// For tests only; assertions belong to the test's main thread.
// Next: main.cpp is the program around the tests.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
