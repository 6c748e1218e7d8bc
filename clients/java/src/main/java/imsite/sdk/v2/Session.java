package imsite.sdk.v2;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.json.JSONException;
import org.json.JSONObject;

/** One server and credential: sends requests and reads answers. Blocks, so never for the main thread. */
final class Session {
    private static final int CONNECT_TIMEOUT_MS = 10_000;
    private static final int READ_TIMEOUT_MS = 30_000;
    private static final String VERSION_HEADER = "Owner-Version";
    private static final String RETRY_HEADER = "Retry-After";
    private static final Pattern TOKEN = Pattern.compile("([0-9]{1,18})\\.([0-9]{1,18})(\\.[0-9]{1,18})?");
    /** What a replica may answer. DELETE of the first is a change. */
    private static final List<String> REPLICA_READS =
            Arrays.asList("conversations/-/", "conversations/lookup/", "conversations/", "unread/");

    private final String root;
    private volatile String credential;
    private final String owner;

    /** The sync token after which changes are news to the app: of the first list read, then of the last event. */
    private String position;

    /** The newest sync token that came from the server: reads ask for a list at least as new. */
    private String newest;

    private long newestEpoch;
    private long newestVersion;

    Session(String server, String credential, String owner) {
        this.root = server.replaceAll("/+$", "") + "/api/v1/";
        this.credential = credential;
        this.owner = owner;
    }

    /** A parsed answer and the sync token that came with it. */
    static final class Answer {
        final JSONObject json;
        final String version;

        Answer(JSONObject json, String version) {
            this.json = json;
            this.version = version;
        }
    }

    JSONObject get(String path, Query query) throws ApiException {
        return send("GET", path, query, null).json;
    }

    Answer send(String method, String path, Query query, JSONObject body) throws ApiException {
        try {
            byte[] content = body == null ? null : body.toString().getBytes(StandardCharsets.UTF_8);
            HttpURLConnection connection = open(path, query);
            connection.setReadTimeout(READ_TIMEOUT_MS);
            connection.setRequestProperty("Accept", "application/json");
            String seen = newest();
            if (seen != null && !method.equals("DELETE") && REPLICA_READS.contains(path)) {
                connection.setRequestProperty(VERSION_HEADER, seen);
            }
            try {
                connection.setRequestMethod(method);
            } catch (ProtocolException e) {
                // HttpURLConnection outside Android knows no PATCH.
                PatchRequest.Response response =
                        PatchRequest.send(connection.getURL(), "Bearer " + credential, language(), content, VERSION_HEADER);
                note(response.version);
                return answer(response.status, response.body, response.version, null);
            }
            if (content != null) {
                connection.setRequestProperty("Content-Type", "application/json");
                connection.setDoOutput(true);
                connection.setFixedLengthStreamingMode(content.length);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(content);
                }
            }
            int status = connection.getResponseCode();
            byte[] received = readAll(connection, status);
            String version = connection.getHeaderField(VERSION_HEADER);
            note(version);
            return answer(status, received, version, connection.getHeaderField(RETRY_HEADER));
        } catch (IOException e) {
            throw networkError(e);
        }
    }

    /** Open the event stream after {@code lastEventID}; the caller reads and disconnects it. */
    HttpURLConnection openEvents(String lastEventID, int readTimeoutMs) throws ApiException {
        try {
            HttpURLConnection connection = open("events/", new Query());
            connection.setReadTimeout(readTimeoutMs);
            connection.setRequestProperty("Accept", "text/event-stream");
            // A compressed stream would be held back until a block is full.
            connection.setRequestProperty("Accept-Encoding", "identity");
            connection.setRequestProperty("Last-Event-ID", lastEventID);
            int status = connection.getResponseCode();
            if (status != 200) {
                answer(status, readAll(connection, status), null, connection.getHeaderField(RETRY_HEADER));
            }
            return connection;
        } catch (IOException e) {
            throw networkError(e);
        }
    }

    void renew(String newCredential) {
        credential = newCredential;
    }

    /** Return the position, which is the present one if there is none yet. */
    String position() throws ApiException {
        synchronized (this) {
            if (position != null) {
                return position;
            }
        }
        String version = send("GET", "unread/", new Query(), null).version;
        return startAt(version == null ? "0" : version);
    }

    /** Set the position, unless there is one, and return it. */
    synchronized String startAt(String version) {
        if (position == null) {
            position = version;
        }
        return position;
    }

    synchronized void moveTo(String lastEventID) {
        position = lastEventID;
    }

    /** Remember a sync token if it is the newest one. Another text, such as "0" of a user without a list, is no version. */
    synchronized void note(String token) {
        Matcher match = TOKEN.matcher(token == null ? "" : token);
        if (!match.matches()) {
            return;
        }
        long epoch = Long.parseLong(match.group(1));
        long version = Long.parseLong(match.group(2));
        if (newest == null || epoch > newestEpoch || (epoch == newestEpoch && version > newestVersion)) {
            newest = token;
            newestEpoch = epoch;
            newestVersion = version;
        }
    }

    private synchronized String newest() {
        return newest;
    }

    private HttpURLConnection open(String path, Query query) throws IOException {
        if (owner != null) {
            query.with("owner", owner);
        }
        HttpURLConnection connection = (HttpURLConnection) new URL(root + path + query).openConnection();
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setUseCaches(false);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Authorization", "Bearer " + credential);
        connection.setRequestProperty("Accept-Language", language());
        return connection;
    }

    /** The language of error sentences: Locale.toLanguageTag() of "no language" would be "und". */
    private static String language() {
        String tag = Locale.getDefault().toLanguageTag();
        return tag.startsWith("und") ? "en" : tag;
    }

    private static Answer answer(int status, byte[] body, String version, String retryAfter) throws ApiException {
        String text = new String(body, StandardCharsets.UTF_8);
        JSONObject json = new JSONObject();
        try {
            if (!text.isEmpty()) {
                json = new JSONObject(text);
            }
        } catch (JSONException e) {
            throw new ApiException(
                    ApiException.UNREADABLE_ANSWER, "The answer is not JSON (HTTP status " + status + ").", status);
        }
        if (status >= 200 && status < 300) {
            return new Answer(json, version);
        }
        String fallback = "The server answered with HTTP status " + status + ".";
        int code = json.has("code") ? Json.integer(json, "code") : ApiException.SERVER_ERROR;
        int retryAfterS = retryAfter != null && retryAfter.matches("\\d{1,6}") ? Integer.parseInt(retryAfter) : 0;
        throw new ApiException(code, Json.text(json, "desc", fallback), status, retryAfterS);
    }

    /** Read to the end, so that the connection can be used again. */
    private static byte[] readAll(HttpURLConnection connection, int status) throws IOException {
        try (InputStream in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] part = new byte[16 * 1024];
            for (int length; in != null && (length = in.read(part)) >= 0; ) {
                out.write(part, 0, length);
            }
            return out.toByteArray();
        }
    }

    private static ApiException networkError(IOException e) {
        if (e instanceof SocketTimeoutException) {
            return new ApiException(ApiException.TIMEOUT, "The server did not answer in time.");
        }
        return new ApiException(ApiException.NETWORK, "The server cannot be reached: " + e);
    }
}
