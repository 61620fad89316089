import java.net.http.HttpClient;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthenticationApi;
import org.openapitools.client.api.OrdersApi;
import org.openapitools.client.api.PetsApi;
import org.openapitools.client.model.Credentials;
import org.openapitools.client.model.NewOrder;
import org.openapitools.client.model.Order;
import org.openapitools.client.model.Pet;

/** Places and cancels an order with the client that openapi-generator made for Java's own HttpClient. */
public class PlaceAndCancel {
    public static void main(String[] words) throws ApiException {
        String tenant = words[3];
        ApiClient client = new ApiClient();
        client.setHttpClientBuilder(HttpClient.newBuilder().version(HttpClient.Version.valueOf(words[5])));
        client.updateBaseUri(words[0] + "/v1");
        Credentials credentials = new Credentials().username(words[1]).password(words[2]);
        String token = new AuthenticationApi(client).createToken(credentials, tenant, null).getToken();
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        Pet pet = new PetsApi(client).listPets(
            null, null, null, null, null, null, null, null, "DOG", null, null, 1, null, tenant, null
        ).getData().get(0);
        OrdersApi orders = new OrdersApi(client);
        Order order = orders.createOrder(new NewOrder().petId(pet.getId()), words[4], tenant, null);
        orders.cancelOrder(order.getId(), "\"v1\"", tenant, null);
        try {
            orders.cancelOrder(order.getId(), null, tenant, null);
            throw new IllegalStateException("it was cancelled twice");
        } catch (ApiException refusal) {
            if (refusal.getCode() != 409) throw refusal;
        }
        System.out.println("once, " + orders.getOrder(order.getId(), null, tenant, null).getStatus());
    }
}
