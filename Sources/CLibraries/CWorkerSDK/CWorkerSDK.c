// The guest SDK's sources, inside the binary: `atoll build` needs no folder beside it. The compiler reads the files
// where they are (#embed), so that there is no second copy, and rebuilds this when one of them changes. A test fails
// when a file of the SDK is missing here.
#include "CWorkerSDK.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_Answer_swift[] = {
#embed "../../AtollWorker/Answer.swift"
};
static const unsigned char file_ArgumentDecodable_swift[] = {
#embed "../../AtollWorker/ArgumentDecodable.swift"
};
static const unsigned char file_Bytes_swift[] = {
#embed "../../AtollWorker/Bytes.swift"
};
static const unsigned char file_Entry_swift[] = {
#embed "../../AtollWorker/Entry.swift"
};
static const unsigned char file_Fetch_swift[] = {
#embed "../../AtollWorker/Fetch.swift"
};
static const unsigned char file_Host_swift[] = {
#embed "../../AtollWorker/Host.swift"
};
static const unsigned char file_HostAnswer_swift[] = {
#embed "../../AtollWorker/HostAnswer.swift"
};
static const unsigned char file_JSON_swift[] = {
#embed "../../AtollWorker/JSON.swift"
};
static const unsigned char file_JSONArray_swift[] = {
#embed "../../AtollWorker/JSONArray.swift"
};
static const unsigned char file_JSONEncodable_swift[] = {
#embed "../../AtollWorker/JSONEncodable.swift"
};
static const unsigned char file_JSONObject_swift[] = {
#embed "../../AtollWorker/JSONObject.swift"
};
static const unsigned char file_JSONValue_swift[] = {
#embed "../../AtollWorker/JSONValue.swift"
};
static const unsigned char file_JSONWriter_swift[] = {
#embed "../../AtollWorker/JSONWriter.swift"
};
static const unsigned char file_KV_swift[] = {
#embed "../../AtollWorker/KV.swift"
};
static const unsigned char file_Limits_swift[] = {
#embed "../../AtollWorker/Limits.swift"
};
static const unsigned char file_Numbers_swift[] = {
#embed "../../AtollWorker/Numbers.swift"
};
static const unsigned char file_Request_swift[] = {
#embed "../../AtollWorker/Request.swift"
};
static const unsigned char file_Scanner_swift[] = {
#embed "../../AtollWorker/Scanner.swift"
};
static const unsigned char file_Services_swift[] = {
#embed "../../AtollWorker/Services.swift"
};
static const unsigned char file_Session_swift[] = {
#embed "../../AtollWorker/Session.swift"
};
static const unsigned char file_State_swift[] = {
#embed "../../AtollWorker/State.swift"
};
static const unsigned char file_Text_swift[] = {
#embed "../../AtollWorker/Text.swift"
};
static const unsigned char file_Worker_swift[] = {
#embed "../../AtollWorker/Worker.swift"
};
static const unsigned char file_Runtime_allocator_c[] = {
#embed "../../AtollWorker/Runtime/allocator.c"
};
static const unsigned char file_Runtime_atoll_h[] = {
#embed "../../AtollWorker/Runtime/atoll.h"
};
static const unsigned char file_Runtime_runtime_c[] = {
#embed "../../AtollWorker/Runtime/runtime.c"
};

static const struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} files[] = {
    {"Answer.swift", file_Answer_swift, sizeof file_Answer_swift},
    {"ArgumentDecodable.swift", file_ArgumentDecodable_swift, sizeof file_ArgumentDecodable_swift},
    {"Bytes.swift", file_Bytes_swift, sizeof file_Bytes_swift},
    {"Entry.swift", file_Entry_swift, sizeof file_Entry_swift},
    {"Fetch.swift", file_Fetch_swift, sizeof file_Fetch_swift},
    {"Host.swift", file_Host_swift, sizeof file_Host_swift},
    {"HostAnswer.swift", file_HostAnswer_swift, sizeof file_HostAnswer_swift},
    {"JSON.swift", file_JSON_swift, sizeof file_JSON_swift},
    {"JSONArray.swift", file_JSONArray_swift, sizeof file_JSONArray_swift},
    {"JSONEncodable.swift", file_JSONEncodable_swift, sizeof file_JSONEncodable_swift},
    {"JSONObject.swift", file_JSONObject_swift, sizeof file_JSONObject_swift},
    {"JSONValue.swift", file_JSONValue_swift, sizeof file_JSONValue_swift},
    {"JSONWriter.swift", file_JSONWriter_swift, sizeof file_JSONWriter_swift},
    {"KV.swift", file_KV_swift, sizeof file_KV_swift},
    {"Limits.swift", file_Limits_swift, sizeof file_Limits_swift},
    {"Numbers.swift", file_Numbers_swift, sizeof file_Numbers_swift},
    {"Request.swift", file_Request_swift, sizeof file_Request_swift},
    {"Scanner.swift", file_Scanner_swift, sizeof file_Scanner_swift},
    {"Services.swift", file_Services_swift, sizeof file_Services_swift},
    {"Session.swift", file_Session_swift, sizeof file_Session_swift},
    {"State.swift", file_State_swift, sizeof file_State_swift},
    {"Text.swift", file_Text_swift, sizeof file_Text_swift},
    {"Worker.swift", file_Worker_swift, sizeof file_Worker_swift},
    {"Runtime/allocator.c", file_Runtime_allocator_c, sizeof file_Runtime_allocator_c},
    {"Runtime/atoll.h", file_Runtime_atoll_h, sizeof file_Runtime_atoll_h},
    {"Runtime/runtime.c", file_Runtime_runtime_c, sizeof file_Runtime_runtime_c},
};

size_t cworkersdk_count(void) { return sizeof files / sizeof files[0]; }
const char *cworkersdk_name(size_t index) { return files[index].name; }
const unsigned char *cworkersdk_bytes(size_t index) { return files[index].bytes; }
size_t cworkersdk_byte_count(size_t index) { return files[index].count; }
