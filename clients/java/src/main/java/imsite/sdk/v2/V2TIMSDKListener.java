package imsite.sdk.v2;

/** Reports the state of the event stream that conversation listeners need. Override the events of interest. */
public abstract class V2TIMSDKListener {
    public void onConnecting() {}

    public void onConnectSuccess() {}

    /** The stream was refused or broke. Network failures are retried; a refused credential is not. */
    public void onConnectFailed(int code, String error) {}

    /** The UserSig has expired: call {@link V2TIMManager#renew} with a new one. */
    public void onUserSigExpired() {}
}
