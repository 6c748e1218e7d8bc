package imsite.sdk.v2;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The entry to the client.
 *
 * <pre>{@code
 * V2TIMManager.connect("https://im.example.com", userSig);
 * V2TIMManager.getConversationManager().getConversation("c2c_bob", callback);
 * }</pre>
 *
 * All calls may be made from any thread. Callbacks and listeners are called on the main thread on Android, else on one thread
 * of the client.
 */
public class V2TIMManager {
    private static final V2TIMManager INSTANCE = new V2TIMManager();

    final List<V2TIMSDKListener> listeners = new CopyOnWriteArrayList<>();

    private V2TIMManager() {}

    public static V2TIMManager getInstance() {
        return INSTANCE;
    }

    public static V2TIMConversationManager getConversationManager() {
        return V2TIMConversationManager.INSTANCE;
    }

    /**
     * Name the server and the user's credential; sends nothing yet.
     *
     * <p>Call it again for another user; listeners stay registered.
     *
     * @param server such as {@code https://im.example.com}
     * @param credential the user's UserSig, or an API key of this user
     */
    public static void connect(String server, String credential) {
        V2TIMConversationManager.INSTANCE.connect(new Session(server, credential, null), null);
    }

    /** As {@link #connect(String, String)}, with a service key: for tests and back ends. An app must not contain one. */
    public static void connect(String server, String serviceKey, String userID) {
        V2TIMConversationManager.INSTANCE.connect(new Session(server, serviceKey, userID), userID);
    }

    /** Replace the credential of the same user, as after onUserSigExpired(). Events go on where they stopped. */
    public static void renew(String credential) {
        V2TIMConversationManager.INSTANCE.renew(credential);
    }

    /** Forget server and credential and stop events. Calls made from then on fail with code 6013. */
    public static void disconnect() {
        V2TIMConversationManager.INSTANCE.connect(null, null);
    }

    /**
     * Whether getConversation() answers a well-formed ID without a conversation with an empty, unsaved object, as Tencent's
     * current SDKs do, instead of error 6004. Off at first.
     */
    public static void setPlaceholders(boolean enabled) {
        V2TIMConversationManager.INSTANCE.placeholders = enabled;
    }

    public void addIMSDKListener(V2TIMSDKListener listener) {
        if (listener != null && !listeners.contains(listener)) {
            listeners.add(listener);
        }
    }

    public void removeIMSDKListener(V2TIMSDKListener listener) {
        listeners.remove(listener);
    }
}
