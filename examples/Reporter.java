import com.tencent.imsdk.v2.V2TIMConversation;
import com.tencent.imsdk.v2.V2TIMConversationListener;
import com.tencent.imsdk.v2.V2TIMConversationResult;
import com.tencent.imsdk.v2.V2TIMGroupAtInfo;
import com.tencent.imsdk.v2.V2TIMManager;
import com.tencent.imsdk.v2.V2TIMMessage;
import com.tencent.imsdk.v2.V2TIMValueCallback;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** Reports the conversations that the SDK shows, with the user's own UserSig. */
public class Reporter extends V2TIMConversationListener {
    private final String server;  // such as https://im.example.org
    private final String userSig;
    private final Executor executor;  // the SDK's callbacks must not wait for the network

    public Reporter(String server, String userSig, Executor executor) {
        this.server = server;
        this.userSig = userSig;
        this.executor = executor;
    }

    /** Call before login, so that no change is missed. */
    public void listen() {
        V2TIMManager.getConversationManager().addConversationListener(this);
    }

    /** Call once after login: reports the whole list. */
    public void reportAll() {
        reportFrom(0);
    }

    @Override
    public void onNewConversation(List<V2TIMConversation> conversations) {
        report(conversations);
    }

    @Override
    public void onConversationChanged(List<V2TIMConversation> conversations) {
        report(conversations);
    }

    private void reportFrom(long nextSeq) {
        V2TIMManager.getConversationManager().getConversationList(nextSeq, 100, new V2TIMValueCallback<V2TIMConversationResult>() {
            @Override
            public void onSuccess(V2TIMConversationResult page) {
                report(page.getConversationList());
                if (!page.isFinished()) reportFrom(page.getNextSeq());
            }

            @Override
            public void onError(int code, String desc) {}
        });
    }

    /** Sends up to 100 conversations. The response is a 200 with a result for each of them. */
    private void report(List<V2TIMConversation> conversations) {
        if (conversations.isEmpty()) return;
        executor.execute(() -> {
            try {
                JSONArray objects = new JSONArray();
                for (V2TIMConversation conversation : conversations) objects.put(toJson(conversation));
                post(new JSONObject().put("conversationList", objects).toString());
            } catch (IOException | JSONException error) {
                // The next change of a conversation reports it again.
            }
        });
    }

    private void post(String body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(server + "/api/v1/conversations/report/").openConnection();
        connection.setRequestProperty("Authorization", "Bearer " + userSig);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        connection.getResponseCode();
        connection.disconnect();
    }

    private static JSONObject toJson(V2TIMConversation conversation) throws JSONException {
        JSONObject object = new JSONObject()
            .put("conversationID", conversation.getConversationID())
            .put("showName", conversation.getShowName())
            .put("faceUrl", conversation.getFaceUrl())
            .put("groupType", conversation.getGroupType())
            .put("unreadCount", conversation.getUnreadCount())
            .put("recvOpt", conversation.getRecvOpt())
            .put("isPinned", conversation.isPinned())
            .put("draftText", conversation.getDraftText())
            .put("draftTimestamp", conversation.getDraftTimestamp())
            .put("customData", conversation.getCustomData())
            .put("markList", new JSONArray(conversation.getMarkList()))
            .put("conversationGroupList", new JSONArray(conversation.getConversationGroupList()))
            .put("c2cReadTimestamp", conversation.getC2CReadTimestamp())
            .put("groupReadSequence", conversation.getGroupReadSequence());
        JSONArray mentions = new JSONArray();
        for (V2TIMGroupAtInfo mention : conversation.getGroupAtInfoList()) {
            mentions.put(new JSONObject().put("seq", String.valueOf(mention.getSeq())).put("atType", mention.getAtType()));
        }
        object.put("groupAtInfoList", mentions);
        V2TIMMessage message = conversation.getLastMessage();
        if (message != null) object.put("lastMessage", toJson(message));
        return object;
    }

    private static JSONObject toJson(V2TIMMessage message) throws JSONException {
        JSONObject object = new JSONObject()
            .put("msgID", message.getMsgID())
            .put("timestamp", message.getTimestamp())
            .put("seq", String.valueOf(message.getSeq()))
            .put("random", message.getRandom())
            .put("sender", message.getSender())
            .put("isSelf", message.isSelf())
            .put("status", message.getStatus())
            .put("elemType", message.getElemType());
        if (message.getTextElem() != null) {
            object.put("textElem", new JSONObject().put("text", message.getTextElem().getText()));
        }
        return object;
    }
}
