package imsite.sdk.v2;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of the client.
 *
 * <p>Reads run side by side. Changes run one after another in the order of the calls, so that of two drafts set in a row the
 * second one holds. Callbacks run on Android's main thread, elsewhere on one thread of their own. Idle threads end.
 */
final class Dispatcher {
    private static final Executor READS = threads("imsite-read", 4);
    private static final Executor CHANGES = threads("imsite-change", 1);
    private static final Executor CALLBACKS = callbackExecutor();

    private Dispatcher() {}

    /** A call on the server. */
    interface Call<T> {
        T run() throws ApiException;
    }

    static <T> void read(Call<T> call, V2TIMValueCallback<T> callback) {
        READS.execute(() -> run(call, callback));
    }

    static <T> void change(Call<T> call, V2TIMValueCallback<T> callback) {
        CHANGES.execute(() -> run(call, callback));
    }

    /** Run the change and report its outcome without its value. */
    static void change(Call<?> call, V2TIMCallback callback) {
        CHANGES.execute(
                () -> {
                    try {
                        call.run();
                        CALLBACKS.execute(
                                () -> {
                                    if (callback != null) {
                                        callback.onSuccess();
                                    }
                                });
                    } catch (ApiException e) {
                        CALLBACKS.execute(
                                () -> {
                                    if (callback != null) {
                                        callback.onError(e.code, e.getMessage());
                                    }
                                });
                    }
                });
    }

    static void callBack(Runnable task) {
        CALLBACKS.execute(task);
    }

    static <T> void succeed(V2TIMValueCallback<T> callback, T value) {
        CALLBACKS.execute(
                () -> {
                    if (callback != null) {
                        callback.onSuccess(value);
                    }
                });
    }

    private static <T> void run(Call<T> call, V2TIMValueCallback<T> callback) {
        try {
            succeed(callback, call.run());
        } catch (ApiException e) {
            CALLBACKS.execute(
                    () -> {
                        if (callback != null) {
                            callback.onError(e.code, e.getMessage());
                        }
                    });
        }
    }

    private static ThreadPoolExecutor threads(String name, int count) {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(
                        count, count, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> new Thread(task, name));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** By reflection, so that the client builds without Android's classes. */
    private static Executor callbackExecutor() {
        try {
            Class<?> looper = Class.forName("android.os.Looper");
            Object main = looper.getMethod("getMainLooper").invoke(null);
            if (main != null) {
                Object handler = Class.forName("android.os.Handler").getConstructor(looper).newInstance(main);
                Method post = handler.getClass().getMethod("post", Runnable.class);
                return task -> post(post, handler, task);
            }
        } catch (ReflectiveOperationException e) {
            // Not on Android.
        }
        return threads("imsite-callback", 1);
    }

    private static void post(Method post, Object handler, Runnable task) {
        try {
            post.invoke(handler, task);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(e);
        }
    }
}
