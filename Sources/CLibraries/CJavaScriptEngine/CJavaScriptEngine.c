// The JavaScript engine that Scripts/bootstrap built from Sources/JavaScriptEngine, inside the binary: a node needs no
// file beside it.
#include "CJavaScriptEngine.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char engine[] = {
#embed "../../../.deps/javascript/engine.wasm"
};

const unsigned char *cjavascriptengine_bytes(void) { return engine; }
size_t cjavascriptengine_byte_count(void) { return sizeof engine; }
