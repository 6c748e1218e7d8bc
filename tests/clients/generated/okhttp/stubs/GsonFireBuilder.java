package io.gsonfire;

import com.google.gson.GsonBuilder;

/** What Debian lacks: it adds to Gson what the document does not use. */
public class GsonFireBuilder {
    public GsonBuilder createGsonBuilder() {
        return new GsonBuilder();
    }
}
