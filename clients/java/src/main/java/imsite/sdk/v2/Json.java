package imsite.sdk.v2;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONObject;

/** Typed reads of org.json objects. A null, absent or wrongly typed value reads as the default. */
final class Json {
    private static final BigInteger LONG_MASK = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private Json() {}

    /** Android's own optString() would return "null" for a JSON null. */
    static String text(JSONObject json, String key, String none) {
        Object value = json.opt(key);
        return value instanceof String ? (String) value : none;
    }

    static boolean flag(JSONObject json, String key) {
        return Boolean.TRUE.equals(json.opt(key));
    }

    static int integer(JSONObject json, String key) {
        return (int) number(json, key);
    }

    static long number(JSONObject json, String key) {
        return toLong(json.opt(key));
    }

    static double real(JSONObject json, String key) {
        Object value = json.opt(key);
        return value instanceof Number ? ((Number) value).doubleValue() : 0;
    }

    static JSONObject object(JSONObject json, String key) {
        return json == null ? null : json.optJSONObject(key);
    }

    static List<JSONObject> objects(JSONArray array) {
        List<JSONObject> list = new ArrayList<>();
        for (int i = 0; array != null && i < array.length(); i++) {
            JSONObject object = array.optJSONObject(i);
            if (object != null) {
                list.add(object);
            }
        }
        return list;
    }

    static List<String> texts(JSONArray array) {
        List<String> list = new ArrayList<>();
        for (int i = 0; array != null && i < array.length(); i++) {
            if (array.opt(i) instanceof String) {
                list.add((String) array.opt(i));
            }
        }
        return list;
    }

    static List<Long> numbers(JSONArray array) {
        List<Long> list = new ArrayList<>();
        for (int i = 0; array != null && i < array.length(); i++) {
            list.add(toLong(array.opt(i)));
        }
        return list;
    }

    /**
     * Return the low 64 bits of a number or of its decimal text.
     *
     * <p>Android's org.json reads numbers past 2^63 as doubles, whose longValue() saturates. A mark is a power of two, which
     * a double holds exactly, so BigDecimal keeps its bit.
     */
    static long toLong(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        try {
            if (value instanceof Number || value instanceof String) {
                // Not by the double's text, which is rounded.
                BigDecimal number =
                        value instanceof Double ? new BigDecimal((Double) value) : new BigDecimal(value.toString());
                return number.toBigInteger().and(LONG_MASK).longValue();
            }
        } catch (NumberFormatException e) {
            return 0;
        }
        return 0;
    }

    /** Return a long's bits as an unsigned decimal number; Long.toUnsignedString() needs Android 8. */
    static String unsigned(long bits) {
        return BigInteger.valueOf(bits).and(LONG_MASK).toString();
    }
}
