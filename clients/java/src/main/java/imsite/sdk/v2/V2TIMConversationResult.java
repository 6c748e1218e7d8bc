package imsite.sdk.v2;

import java.util.List;

/** One page of the conversation list. */
public class V2TIMConversationResult {
    private final long nextSeq;
    private final boolean finished;
    private final List<V2TIMConversation> conversationList;

    V2TIMConversationResult(long nextSeq, boolean finished, List<V2TIMConversation> conversationList) {
        this.nextSeq = nextSeq;
        this.finished = finished;
        this.conversationList = conversationList;
    }

    /** The {@code nextSeq} of the next page, valid in this process; 0 after the last page. */
    public long getNextSeq() {
        return nextSeq;
    }

    public boolean isFinished() {
        return finished;
    }

    public List<V2TIMConversation> getConversationList() {
        return conversationList;
    }
}
