// Text, bytes, lists and numbers of the client, under the SDK's names in a namespace of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace imsite {

/// UTF-8 text.
class V2TIMString {
public:
    V2TIMString() = default;
    V2TIMString(const char* text) : text_(text ? text : "") {}  // NOLINT: implicit, as in the SDK
    V2TIMString(const char* text, size_t size) : text_(text ? std::string(text, size) : std::string()) {}
    V2TIMString(std::string text) : text_(std::move(text)) {}  // NOLINT: implicit
#ifdef __cpp_char8_t
    V2TIMString(const char8_t* text) : V2TIMString(reinterpret_cast<const char*>(text)) {}  // NOLINT: implicit
#endif

    const char* CString() const { return text_.c_str(); }
    size_t Size() const { return text_.size(); }
    size_t Length() const { return text_.size(); }
    bool Empty() const { return text_.empty(); }
    char operator[](int index) const { return text_[static_cast<size_t>(index)]; }
    V2TIMString& operator+=(const V2TIMString& other) {
        text_ += other.text_;
        return *this;
    }

    friend bool operator==(const V2TIMString& a, const V2TIMString& b) { return a.text_ == b.text_; }
    friend bool operator!=(const V2TIMString& a, const V2TIMString& b) { return a.text_ != b.text_; }
    friend bool operator<(const V2TIMString& a, const V2TIMString& b) { return a.text_ < b.text_; }

private:
    std::string text_;
};

/// Bytes.
class V2TIMBuffer {
public:
    V2TIMBuffer() = default;
    V2TIMBuffer(const uint8_t* data, size_t size) : bytes_(data ? std::string(reinterpret_cast<const char*>(data), size) : "") {}
    explicit V2TIMBuffer(const char* text) : bytes_(text ? text : "") {}
    explicit V2TIMBuffer(std::string bytes) : bytes_(std::move(bytes)) {}

    const uint8_t* Data() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
    size_t Size() const { return bytes_.size(); }

private:
    std::string bytes_;
};

template <class T>
class V2TIMVector {
public:
    void PushBack(const T& item) { items_.push_back(item); }
    void PushBack(T&& item) { items_.push_back(std::move(item)); }
    void PopBack() { items_.pop_back(); }
    void Clear() { items_.clear(); }
    size_t Size() const { return items_.size(); }
    bool Empty() const { return items_.empty(); }
    T& operator[](size_t index) { return items_[index]; }
    const T& operator[](size_t index) const { return items_[index]; }
    auto begin() { return items_.begin(); }
    auto end() { return items_.end(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

private:
    std::vector<T> items_;
};

using V2TIMStringVector = V2TIMVector<V2TIMString>;
using UInt64Vector = V2TIMVector<uint64_t>;

enum V2TIMReceiveMessageOpt {
    V2TIM_RECEIVE_MESSAGE = 0,
    V2TIM_NOT_RECEIVE_MESSAGE = 1,
    V2TIM_RECEIVE_NOT_NOTIFY_MESSAGE = 2,
    V2TIM_RECEIVE_NOT_NOTIFY_MESSAGE_EXCEPT_AT = 3,
    V2TIM_NOT_RECEIVE_MESSAGE_EXCEPT_AT = 4,
};

}  // namespace imsite
