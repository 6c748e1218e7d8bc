package org.json;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Android's, as far as the example uses it. */
public class JSONArray {
    private final List<Object> values = new ArrayList<>();

    public JSONArray() {}

    public JSONArray(Collection<?> values) {
        this.values.addAll(values);
    }

    public JSONArray put(Object value) {
        values.add(value);
        return this;
    }

    @Override
    public String toString() {
        return values.stream().map(JSONObject::text).collect(Collectors.joining(",", "[", "]"));
    }
}
