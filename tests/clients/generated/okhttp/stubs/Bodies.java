package okhttp3.logging;

import java.io.File;
import okhttp3.MediaType;
import okhttp3.RequestBody;

/** RequestBody.create with the arguments of okhttp 4, which the generated client calls; Debian has version 3. */
public class Bodies {
    public static RequestBody create(String content, MediaType type) {
        return RequestBody.create(type, content);
    }

    public static RequestBody create(byte[] content, MediaType type) {
        return RequestBody.create(type, content);
    }

    public static RequestBody create(File content, MediaType type) {
        return RequestBody.create(type, content);
    }
}
