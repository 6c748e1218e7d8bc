package imsite.sdk.v2;

/** Receives the outcome of a call. Called on the main thread on Android, else on the callback thread. */
public interface V2TIMValueCallback<T> {
    void onSuccess(T value);

    /** Called with the server's {@code code} and a sentence that explains it. */
    void onError(int code, String desc);
}
