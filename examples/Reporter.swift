// Report the conversations that the SDK shows, with the user's own UserSig.
import Foundation
import ImSDK_Plus

final class Reporter: NSObject, V2TIMConversationListener {
    private let server: String  // such as https://im.example.org
    private let userSig: String

    init(server: String, userSig: String) {
        self.server = server
        self.userSig = userSig
    }

    /// Call before login, so that no change is missed.
    func listen() {
        V2TIMManager.sharedInstance().addConversationListener(listener: self)
    }

    /// Call once after login: report the whole list.
    func reportAll(nextSeq: UInt64 = 0) {
        V2TIMManager.sharedInstance().getConversationList(nextSeq, count: 100, succ: { conversations, nextSeq, isFinished in
            self.report(conversations)
            if !isFinished { self.reportAll(nextSeq: nextSeq) }
        }, fail: { _, _ in })
    }

    func onNewConversation(_ conversations: [V2TIMConversation]!) { report(conversations) }
    func onConversationChanged(_ conversations: [V2TIMConversation]!) { report(conversations) }

    /// Send up to 100 conversations. The response is a 200 with a result for each of them.
    private func report(_ conversations: [V2TIMConversation]?) {
        guard let conversations, !conversations.isEmpty else { return }
        var request = URLRequest(url: URL(string: server + "/api/v1/conversations/report/")!)
        request.httpMethod = "POST"
        request.setValue("Bearer " + userSig, forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try? JSONSerialization.data(withJSONObject: ["conversationList": conversations.map(toJSON)])
        URLSession.shared.dataTask(with: request).resume()
    }

    private func toJSON(_ conversation: V2TIMConversation) -> [String: Any] {
        var object: [String: Any] = [
            "conversationID": conversation.conversationID ?? "",
            "showName": conversation.showName ?? "",
            "faceUrl": conversation.faceUrl ?? "",
            "groupType": conversation.groupType ?? "",
            "unreadCount": conversation.unreadCount,
            "recvOpt": conversation.recvOpt.rawValue,
            "isPinned": conversation.isPinned,
            "draftText": conversation.draftText ?? "",
            "draftTimestamp": Int(conversation.draftTimestamp?.timeIntervalSince1970 ?? 0),
            "customData": String(data: conversation.customData ?? Data(), encoding: .utf8) ?? "",
            "markList": conversation.markList ?? [],
            "conversationGroupList": conversation.conversationGroupList ?? [],
            "c2cReadTimestamp": conversation.c2cReadTimestamp,
            "groupReadSequence": conversation.groupReadSequence,
            "groupAtInfoList": (conversation.groupAtInfolist ?? []).map {
                ["seq": String($0.seq), "atType": $0.atType.rawValue] as [String: Any]
            },
        ]
        if let message = conversation.lastMessage { object["lastMessage"] = toJSON(message) }
        return object
    }

    private func toJSON(_ message: V2TIMMessage) -> [String: Any] {
        var object: [String: Any] = [
            "msgID": message.msgID ?? "",
            "timestamp": Int(message.timestamp?.timeIntervalSince1970 ?? 0),
            "seq": String(message.seq),
            "random": message.random,
            "sender": message.sender ?? "",
            "isSelf": message.isSelf,
            "status": message.status.rawValue,
            "elemType": message.elemType.rawValue,
        ]
        if let text = message.textElem?.text { object["textElem"] = ["text": text] }
        return object
    }
}
