// Finds out of changed conversations what happened to conversation groups.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "parsing.h"

namespace imsite {

/// What happened, by group name.
struct GroupEvents {
    std::map<std::string, V2TIMConversationVector> created, added, removed;
    std::vector<std::string> deleted;
    std::string old_name, new_name;
};

/// The server sends the groups of each changed conversation and the names of all groups, not what changed there. A conversation
/// that was never listed and never changed before is only remembered.
class GroupTracker {
public:
    using Names = std::set<std::string>;

    void Note(const V2TIMConversationVector& listed) {
        for (const V2TIMConversation& conversation : listed) {
            groups_by_id_[conversation.conversationID.CString()] = SetOf(conversation.conversationGroupList);
        }
    }

    void NoteNames(const V2TIMStringVector& names) {
        names_ = SetOf(names);
        has_names_ = true;
    }

    /// `names` is null if the groups' names did not change.
    GroupEvents Apply(const V2TIMConversationVector& news, const V2TIMConversationVector& changed, const V2TIMStringVector* names) {
        GroupEvents events;
        Names created, deleted;
        if (names) {
            Names now = SetOf(*names);
            if (has_names_) {
                created = Minus(now, names_);
                deleted = Minus(names_, now);
            }
            names_ = now;
            has_names_ = true;
        }
        for (const std::string& name : created) {
            events.created[name];
        }
        for (const V2TIMConversation& conversation : news) {
            groups_by_id_[conversation.conversationID.CString()].clear();
        }
        for (const V2TIMConversationVector* list : {&news, &changed}) {
            for (const V2TIMConversation& conversation : *list) {
                ApplyOne(conversation, created, deleted, events);
            }
        }
        events.deleted.assign(deleted.begin(), deleted.end());
        if (created.size() == 1 && deleted.size() == 1) {
            events.new_name = *created.begin();
            events.old_name = *deleted.begin();
            events.created.clear();
            events.deleted.clear();
        }
        return events;
    }

private:
    void ApplyOne(const V2TIMConversation& conversation, const Names& created, const Names& deleted, GroupEvents& events) {
        Names now = SetOf(conversation.conversationGroupList);
        for (const std::string& name : now) {
            if (created.count(name)) {
                events.created[name].PushBack(conversation);
            }
        }
        auto before = groups_by_id_.find(conversation.conversationID.CString());
        if (before != groups_by_id_.end()) {
            for (const std::string& name : Minus(Minus(now, before->second), created)) {
                events.added[name].PushBack(conversation);
            }
            for (const std::string& name : Minus(Minus(before->second, now), deleted)) {
                events.removed[name].PushBack(conversation);
            }
        }
        groups_by_id_[conversation.conversationID.CString()] = now;
    }

    static Names SetOf(const V2TIMStringVector& texts) {
        Names names;
        for (const V2TIMString& text : texts) {
            names.insert(text.CString());
        }
        return names;
    }

    static Names Minus(const Names& names, const Names& without) {
        Names left;
        std::set_difference(names.begin(), names.end(), without.begin(), without.end(), std::inserter(left, left.end()));
        return left;
    }

    std::map<std::string, Names> groups_by_id_;
    Names names_;
    bool has_names_ = false;
};

}  // namespace imsite
