// PCRE2 for bytes (UTF-8 patterns and subjects).
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
