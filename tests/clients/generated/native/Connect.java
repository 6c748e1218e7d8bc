import org.openapitools.client.*;
import org.openapitools.client.model.Problem;

class Connect {
    static ApiClient connect(String url, String key) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(url);
        return client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    }

    static Problem problem(ApiException error) throws Exception {
        return ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), Problem.class);
    }
}
