import com.tencent.imsdk.v2.V2TIMManager;

/** An app's session: java Session SERVER USERSIG. */
public class Session {
    public static void main(String[] arguments) {
        Reporter reporter = new Reporter(arguments[0], arguments[1], Runnable::run);
        reporter.listen();
        reporter.reportAll();
        V2TIMManager.getConversationManager().announce("c2c_carol");
    }
}
