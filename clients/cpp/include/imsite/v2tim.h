// The client under the SDK's own names. Where an app also uses Tencent's SDK in the same source file, include
// <imsite/V2TIMManager.h> instead and write imsite::V2TIMManager.
#pragma once

#include <imsite/V2TIMManager.h>

#include <functional>

using namespace imsite;  // NOLINT: that is what this header is for
