package imsite.sdk.v2;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * Follows the server-sent events of one session on a thread of its own.
 *
 * <p>A stream that breaks is opened again and goes on after the last event. A refusal ends it.
 */
final class EventStream implements Runnable {
    /** The server sends a heartbeat every 15 seconds. */
    private static final int READ_TIMEOUT_MS = 45_000;
    private static final int MAX_WAIT_MS = 60_000;
    /** The longest wait that the server may ask for. */
    private static final int MAX_RETRY_AFTER_S = 600;

    /** Receives events, on the stream's thread. */
    interface Receiver {
        void connecting();

        void connected();

        /** @param isFinal whether the stream has ended for good */
        void failed(ApiException error, boolean isFinal);

        void event(String name, JSONObject data);
    }

    private final Session session;
    private final Receiver receiver;
    private volatile boolean closed;
    private volatile HttpURLConnection connection;
    private int retryMs = 3000;

    EventStream(Session session, Receiver receiver) {
        this.session = session;
        this.receiver = receiver;
    }

    void start() {
        new Thread(this, "imsite-events").start();
    }

    /** End the stream without blocking: closing a socket is network work, which Android forbids on its main thread. */
    void close() {
        closed = true;
        synchronized (this) {
            notifyAll();
        }
        HttpURLConnection open = connection;
        if (open != null) {
            new Thread(open::disconnect, "imsite-close").start();
        }
    }

    @Override
    public void run() {
        int failures = 0;
        while (!closed) {
            int leastMs = 0;
            try {
                receiver.connecting();
                follow();
                failures = 0;
            } catch (ApiException e) {
                if (closed) {
                    return;
                }
                boolean isFinal = e.status >= 400 && e.status < 500 && e.status != 408 && e.status != 429;
                receiver.failed(e, isFinal);
                if (isFinal) {
                    return;
                }
                failures++;
                leastMs = Math.min(MAX_RETRY_AFTER_S, e.retryAfterS) * 1000;
            }
            int backoffMs = (int) Math.min(MAX_WAIT_MS, (long) retryMs << Math.min(10, Math.max(0, failures - 1)));
            pause(Math.max(leastMs, backoffMs));
        }
    }

    /** Read events until the stream breaks. Raises ApiException where it was not opened, or the server ends it. */
    private void follow() throws ApiException {
        HttpURLConnection opened = session.openEvents(session.position(), READ_TIMEOUT_MS);
        connection = opened;
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(opened.getInputStream(), StandardCharsets.UTF_8))) {
            if (!closed) {
                receiver.connected();
                read(reader);
            }
        } catch (SocketTimeoutException e) {
            // No heartbeat: the network is gone without a word. Connect again.
        } catch (IOException e) {
            // Broken off. Connect again.
        } finally {
            connection = null;
            opened.disconnect();
        }
    }

    private void read(BufferedReader reader) throws IOException, ApiException {
        String name = "";
        String id = null;
        StringBuilder data = new StringBuilder();
        for (String line; !closed && (line = reader.readLine()) != null; ) {
            if (line.isEmpty()) {
                if (data.length() > 0) {
                    session.note(id); // First: on an event, the client and apps read.
                    deliver(name, data.toString());
                    if (id != null && !closed) {
                        session.moveTo(id);
                    }
                }
                name = "";
                id = null;
                data.setLength(0);
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(line.startsWith(": ", colon) ? colon + 2 : colon + 1);
            switch (field) {
                case "event":
                    name = value;
                    break;
                case "data":
                    data.append(data.length() > 0 ? "\n" : "").append(value);
                    break;
                case "id":
                    id = value;
                    break;
                case "retry":
                    retryMs = value.matches("\\d{1,6}") ? Integer.parseInt(value) : retryMs;
                    break;
                default: // A comment is a heartbeat.
            }
        }
    }

    private void deliver(String name, String data) throws ApiException {
        JSONObject json;
        try {
            json = new JSONObject(data);
        } catch (JSONException e) {
            throw new ApiException(ApiException.UNREADABLE_ANSWER, "An event is not JSON.");
        }
        if (name.equals("problem")) {
            throw new ApiException(Json.integer(json, "code"), Json.text(json, "desc", ""), Json.integer(json, "status"));
        }
        receiver.event(name, json);
    }

    private synchronized void pause(int milliseconds) {
        try {
            if (!closed) {
                wait(milliseconds);
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }
}
