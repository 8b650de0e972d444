#include "CWasmtimeShims.h"
