import org.openapitools.client.*;
import org.openapitools.client.model.Problem;

class Connect {
    static ApiClient connect(String url, String key) {
        ApiClient client = new ApiClient().setBasePath(url);
        client.setBearerToken(key);
        return client;
    }

    static Problem problem(ApiException error) {
        return error.getErrorObject();
    }
}
