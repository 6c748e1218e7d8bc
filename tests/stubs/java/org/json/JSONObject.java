package org.json;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Android's, as far as the example uses it: a null value removes its key. */
public class JSONObject {
    private final Map<String, Object> values = new LinkedHashMap<>();

    public JSONObject put(String name, Object value) throws JSONException {
        if (name == null) throw new JSONException("Names must be non-null");
        if (value == null) values.remove(name);
        else values.put(name, value);
        return this;
    }

    @Override
    public String toString() {
        return values.entrySet().stream()
            .map(entry -> text(entry.getKey()) + ":" + text(entry.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    }

    static String text(Object value) {
        if (!(value instanceof String)) return value.toString();
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : ((String) value).toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
