package imsite.sdk.v2;

/** A failed call: the code and sentence that onError() receives. */
final class ApiException extends Exception {
    static final int SERVER_ERROR = 50005;
    static final int TIMEOUT = 6012;
    static final int NOT_CONNECTED = 6013;
    static final int NOT_SIGNED_IN = 6014;
    static final int INVALID_PARAMETER = 6017;
    static final int NETWORK = 9508;
    static final int UNREADABLE_ANSWER = 9502;
    static final int SIG_EXPIRED = 70001;

    private static final long serialVersionUID = 1;

    final int code;
    /** The HTTP status, 0 where there was no answer. */
    final int status;
    /** The seconds after which the server asks to try again, 0 where it does not say. */
    final int retryAfterS;

    ApiException(int code, String desc) {
        this(code, desc, 0);
    }

    ApiException(int code, String desc, int status) {
        this(code, desc, status, 0);
    }

    ApiException(int code, String desc, int status, int retryAfterS) {
        super(desc);
        this.code = code;
        this.status = status;
        this.retryAfterS = retryAfterS;
    }
}
