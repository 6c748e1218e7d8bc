package imsite.sdk.v2;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.util.Optional;

/** A PATCH request by java.net.http, which came with Java 11: by reflection, since the client is built for Java 8. */
final class PatchRequest {
    private PatchRequest() {}

    static final class Response {
        final int status;
        final byte[] body;
        final String version;

        Response(int status, byte[] body, String version) {
            this.status = status;
            this.body = body;
            this.version = version;
        }
    }

    static Response send(URL url, String authorization, String language, byte[] body, String versionHeader)
            throws IOException {
        try {
            Class<?> publishers = Class.forName("java.net.http.HttpRequest$BodyPublishers");
            Class<?> publisher = Class.forName("java.net.http.HttpRequest$BodyPublisher");
            Class<?> builders = Class.forName("java.net.http.HttpRequest$Builder");
            Class<?> handler = Class.forName("java.net.http.HttpResponse$BodyHandler");
            Class<?> request = Class.forName("java.net.http.HttpRequest");
            Object content = publishers.getMethod("ofByteArray", byte[].class).invoke(null, (Object) body);
            Object builder = request.getMethod("newBuilder", java.net.URI.class).invoke(null, java.net.URI.create(url.toString()));
            String[] headers = {
                "Authorization", authorization, "Accept-Language", language,
                "Accept", "application/json", "Content-Type", "application/json",
            };
            builders.getMethod("headers", String[].class).invoke(builder, (Object) headers);
            builders.getMethod("method", String.class, publisher).invoke(builder, "PATCH", content);
            Object built = builders.getMethod("build").invoke(builder);
            Class<?> clients = Class.forName("java.net.http.HttpClient");
            Object client = clients.getMethod("newHttpClient").invoke(null);
            Object asBytes = Class.forName("java.net.http.HttpResponse$BodyHandlers").getMethod("ofByteArray").invoke(null);
            Object response = clients.getMethod("send", request, handler).invoke(client, built, asBytes);
            Class<?> responses = Class.forName("java.net.http.HttpResponse");
            Object received = responses.getMethod("headers").invoke(response);
            Class<?> headersOf = Class.forName("java.net.http.HttpHeaders");
            Optional<?> version = (Optional<?>) headersOf.getMethod("firstValue", String.class).invoke(received, versionHeader);
            return new Response(
                    (Integer) responses.getMethod("statusCode").invoke(response),
                    (byte[]) responses.getMethod("body").invoke(response),
                    (String) version.orElse(null));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IOException) {
                throw (IOException) e.getCause();
            }
            throw (IOException) new InterruptedIOException("PATCH failed").initCause(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IOException("Renaming a conversation group needs Android or Java 11.", e);
        }
    }
}
