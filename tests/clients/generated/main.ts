// The calls of each generated client.
import { ChangeApi, Configuration, ReadApi, ResponseError } from './index';

declare const process: { argv: string[] };
const [basePath, accessToken, owner] = process.argv.slice(2);

async function main() {
    const configuration = new Configuration({ basePath, accessToken });
    const read = new ReadApi(configuration);
    const change = new ChangeApi(configuration);

    const group = await read.getConversation({ id: 'group_@TGS#2J4SZEAEL', owner });
    console.log(group.conversationID, group.showName, group.groupType);
    const lookupInput = { conversationIDList: ['group_a, b/2026', 'c2c_nobody', 'c2c_bob'] };
    const found = await read.getConversationList({ lookupInput, owner });
    console.log(found.conversationList.map((conversation) => conversation.conversationID).join('|'));
    console.log(found.unresolved[0].resultCode);
    try {
        await read.getConversation({ id: 'c2c_nobody', owner });
    } catch (error) {
        const problem = await (error as ResponseError).response.json();
        console.log(problem.code, problem.desc);
    }
    const markInput = { conversationIDList: ['c2c_bob'], markType: '9223372036854775808', enableMark: true };
    console.log((await change.markConversation({ markInput, owner })).results[0].resultCode);
    console.log((await change.pinConversation({ id: 'group_@TGS#2J4SZEAEL', owner })).isPinned);
    const bob = await read.getConversation({ id: 'c2c_bob', owner });
    console.log(String(BigInt(bob.markList[0])), bob.markList[0] === 2 ** 63);
    console.log(bob.groupType, bob.lastMessage!.textElem!.text);
}

main();
