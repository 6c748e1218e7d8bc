// The newest of the sync tokens that came from the server.
#pragma once

#include <cstdint>
#include <regex>
#include <string>

namespace imsite {

/// Reads send it, since a replica that answers them may be behind. Not for several threads at once.
class NewestVersion {
public:
    /// The token; "" as long as there is none.
    const std::string& Token() const { return token_; }

    /// Remember a token if it is the newest one. Another text, such as "0" of a user without a list, is no version.
    void Note(const std::string& token) {
        static const std::regex pattern("([0-9]{1,18})\\.([0-9]{1,18})(\\.[0-9]{1,18})?");
        std::smatch match;
        if (!std::regex_match(token, match, pattern)) {
            return;
        }
        uint64_t epoch = std::stoull(match[1]), version = std::stoull(match[2]);
        if (token_.empty() || epoch > epoch_ || (epoch == epoch_ && version > version_)) {
            token_ = token;
            epoch_ = epoch;
            version_ = version;
        }
    }

private:
    std::string token_;
    uint64_t epoch_ = 0;
    uint64_t version_ = 0;
};

}  // namespace imsite
