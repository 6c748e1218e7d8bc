package imsite.sdk.v2;

import java.io.UnsupportedEncodingException;
import java.net.URLEncoder;
import java.util.Map;

/** A query string. */
final class Query {
    private final StringBuilder text = new StringBuilder();

    Query with(String name, String value) {
        text.append(text.length() == 0 ? '?' : '&').append(encode(name)).append('=').append(encode(value));
        return this;
    }

    Query with(Map<String, String> values) {
        for (Map.Entry<String, String> value : values.entrySet()) {
            with(value.getKey(), value.getValue());
        }
        return this;
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private static String encode(String text) {
        try {
            return URLEncoder.encode(text, "UTF-8").replace("+", "%20");
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException(e);
        }
    }
}
