// The newest of the sync tokens that came from the server.
#pragma once

#include <cstdint>
#include <string>

namespace imsite {

/// Reads send it, since a replica that answers them may be behind. Not for several threads at once.
class NewestVersion {
public:
    /// The token; "" as long as there is none.
    const std::string& Token() const { return token_; }

    /// Remember a token if it is the newest one. Another text, such as "0" of a user without a list, is no version.
    void Note(const std::string& token) {
        // Not by a static regex: a thread may still be here when the program ends, after it is gone.
        size_t place = 0;
        uint64_t epoch = 0, version = 0, more = 0;
        if (!ReadNumber(token, place, epoch) || !ReadDot(token, place) || !ReadNumber(token, place, version)) {
            return;
        }
        if (place < token.size() && !(ReadDot(token, place) && ReadNumber(token, place, more) && place == token.size())) {
            return;
        }
        if (token_.empty() || epoch > epoch_ || (epoch == epoch_ && version > version_)) {
            token_ = token;
            epoch_ = epoch;
            version_ = version;
        }
    }

private:
    static bool ReadDot(const std::string& text, size_t& place) { return place < text.size() && text[place++] == '.'; }

    /// Read 1 to 18 digits.
    static bool ReadNumber(const std::string& text, size_t& place, uint64_t& number) {
        const size_t start = place;
        while (place < text.size() && place < start + 18 && text[place] >= '0' && text[place] <= '9') {
            number = 10 * number + static_cast<uint64_t>(text[place++] - '0');
        }
        return place > start;
    }

    std::string token_;
    uint64_t epoch_ = 0;
    uint64_t version_ = 0;
};

}  // namespace imsite
