// Answers as objects. A null, absent or wrongly typed value reads as the default.
#pragma once

#include <imsite/V2TIMConversation.h>

#include <nlohmann/json.hpp>

namespace imsite {

using Json = nlohmann::json;

std::string TextOf(const Json& json, const char* key);
bool FlagOf(const Json& json, const char* key);
/// A number, or its decimal text.
uint64_t NumberOf(const Json& json, const char* key);
/// The value under the key, or null.
const Json& ValueOf(const Json& json, const char* key);
V2TIMStringVector TextsOf(const Json& json, const char* key);

V2TIMConversation ConversationOf(const Json& json);
V2TIMConversationVector ConversationsOf(const Json& list);
V2TIMConversationOperationResultVector ResultsOf(const Json& list);

}  // namespace imsite
