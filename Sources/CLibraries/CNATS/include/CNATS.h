// The part of cnats that the NATS adapter uses, found at run time.
//
// Debian has cnats as a shared library that brings several others; most nodes never need them. So nothing links it: the
// first store of this kind opens it. Types and prototypes are those of its header, whose exact version it must be.
#pragma once
#include <nats/nats.h>
#include <stddef.h>

#define CNATS_FUNCTIONS(F) \
  F(nats_Open) F(nats_Sleep) F(natsStatus_GetText) F(nats_GetLastError) \
  F(natsOptions_Create) F(natsOptions_Destroy) F(natsOptions_SetServers) F(natsOptions_SetUserInfo) \
  F(natsOptions_SetToken) F(natsOptions_SetSecure) F(natsOptions_LoadCATrustedCertificates) F(natsOptions_SetTimeout) F(natsOptions_SetName) \
  F(natsOptions_SetMaxReconnect) F(natsOptions_SetReconnectWait) F(natsOptions_SetReconnectJitter) \
  F(natsOptions_SetPingInterval) F(natsOptions_SetMaxPingsOut) F(natsOptions_SetRetryOnFailedConnect) \
  F(natsOptions_SetFailRequestsOnDisconnect) F(natsOptions_SetWriteDeadline) F(natsOptions_SetErrorHandler) \
  F(natsConnection_Connect) F(natsConnection_Close) F(natsConnection_Destroy) F(natsConnection_Status) \
  F(natsConnection_GetMaxPayload) F(natsConnection_GetLastError) F(natsConnection_JetStream) F(jsCtx_Destroy) \
  F(jsOptions_Init) F(kvConfig_Init) F(js_KeyValue) F(js_CreateKeyValue) F(kvStore_Destroy) F(js_GetLastMsg) \
  F(js_PublishMsg) F(jsPubOptions_Init) F(jsPubAck_Destroy) F(js_PurgeStream) F(js_AddConsumer) F(js_GetConsumerInfo) \
  F(jsConsumerConfig_Init) F(jsConsumerInfo_Destroy) F(natsInbox_Create) F(natsInbox_Destroy) \
  F(natsConnection_SubscribeSync) F(natsConnection_FlushTimeout) F(natsSubscription_NextMsg) F(natsSubscription_Unsubscribe) \
  F(natsSubscription_Destroy) \
  F(natsMsg_Create) F(natsMsg_Destroy) F(natsMsg_GetSubject) F(natsMsg_GetData) F(natsMsg_GetDataLength) \
  F(natsMsg_GetSequence) F(natsMsg_GetMetaData) F(jsMsgMetaData_Destroy) F(natsMsgHeader_Set) F(natsMsgHeader_Get)

#define CNATS_POINTER(name) __typeof__(&name) _Nonnull name;
typedef struct { CNATS_FUNCTIONS(CNATS_POINTER) } cnats_functions;
#undef CNATS_POINTER

// Opens the library once. NULL when it is not there or is another version; then `problem` says what to do. Any thread.
const cnats_functions *_Nullable cnats_load(char *_Nonnull problem, size_t problem_size);

// The name that tools show for this thread; the kernel keeps 15 bytes.
void cnats_name_thread(const char *_Nonnull name);
