package imsite.sdk.v2;

/** Receives the outcome of a call without a value. Called on the main thread on Android, else on the callback thread. */
public interface V2TIMCallback {
    void onSuccess();

    /** Called with the server's {@code code} and a sentence that explains it. */
    void onError(int code, String desc);
}
