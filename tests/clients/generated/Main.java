import java.util.List;
import java.util.stream.Collectors;
import org.openapitools.client.*;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

/** The calls of each generated client, for both libraries: Connect differs. */
public class Main {
    public static void main(String[] args) throws Exception {
        ApiClient client = Connect.connect(args[0], args[1]);
        String owner = args[2];
        ReadApi read = new ReadApi(client);
        ChangeApi change = new ChangeApi(client);

        V2TIMConversation group = read.getConversation("group_@TGS#2J4SZEAEL", null, null, null, null, owner, null);
        System.out.println(group.getConversationID() + " " + group.getShowName() + " " + group.getGroupType());
        LookupInput input = new LookupInput();
        for (String id : List.of("group_a, b/2026", "c2c_nobody", "c2c_bob")) {
            input.addConversationIDListItem(id);
        }
        LookupAnswer found = read.getConversationList(input, null, null, null, owner);
        System.out.println(found.getConversationList().stream().map(V2TIMConversation::getConversationID).collect(Collectors.joining("|")));
        System.out.println(found.getUnresolved().get(0).getResultCode());
        try {
            read.getConversation("c2c_nobody", null, null, null, null, owner, null);
        } catch (ApiException error) {
            Problem problem = Connect.problem(error);
            System.out.println(problem.getCode() + " " + problem.getDesc());
        }
        MarkInput mark = new MarkInput().addConversationIDListItem("c2c_bob").markType("9223372036854775808").enableMark(true);
        System.out.println(change.markConversation(mark, owner).getResults().get(0).getResultCode());
        System.out.println(change.pinConversation("group_@TGS#2J4SZEAEL", null, owner).getIsPinned());
        V2TIMConversation bob = read.getConversation("c2c_bob", null, null, null, null, owner, null);
        System.out.println(bob.getMarkList().get(0).toBigIntegerExact() + " " + (bob.getMarkList().get(0).longValue() == 1L << 63));
        System.out.println(bob.getGroupType() + " " + bob.getLastMessage().getTextElem().getText());
    }
}
