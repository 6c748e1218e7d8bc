"""The JavaScript client in Node: the conformance cases, numbers beyond 2^53, and its types."""

import json
import re
import subprocess
from pathlib import Path

from tests.clients.conformance import assert_conforms
from tests.clients.conftest import CLIENTS, Site, skip_without

JS = CLIENTS / "js"
pytestmark = skip_without("node", packages="nodejs")

# What must pass the compiler, and below what must not.
APP = f"""
import {{ Code, ConversationClient, ImsiteError, type ConversationListener }} from {json.dumps(str(JS / "imsite.js"))};

const client = new ConversationClient({{ server: "", credential: "" }});
const web = new ConversationClient({{ server: "", credential: "", format: "web" }});
client.getConversation("c2c_bob").then((conversation) => conversation.lastMessage?.textElem);
web.getConversationList(["C2Cbob"]).then(([conversation]) => conversation.lastMessage.messageForShow.length);
web.getConversationList({{ count: 20, filter: {{ markType: 1n << 63n }} }}).then((page) => page.nextSeq.length);
const listener: ConversationListener<"web"> = {{ onConversationDeleted: (ids) => ids.map((id) => id.length) }};
web.addConversationListener(listener);
client.pinConversation("c2c_bob", true).catch((error: ImsiteError) => error.code === Code.TIMEOUT);
// @ts-expect-error
web.getConversation("C2Cbob").then((conversation) => conversation.showName);
// @ts-expect-error
client.markConversation(["c2c_bob"], true, true);
// @ts-expect-error
new ConversationClient({{ server: "" }});
"""


def test_the_conformance_cases(site: Site):
    assert_conforms(site, ["node", str(JS / "conformance" / "testee.js")])


def test_whole_numbers_keep_every_digit():
    text = '{"a":[1,9007199254740993,9223372036854775808,-9007199254740993,0.1234567890123456],"b":"\\"9223372036854775808"}'

    assert node("const v = parse(input); print(stringify(v)); print(typeof v.a[1]);", text) == [text, "bigint"]
    assert node("print(stringify(parse(input)) === input)", '"\\\\"') == ["true"]
    assert node("try { parse(input) } catch (error) { print(error.name) }", '{"a":9223372036854775808') == ["SyntaxError"]


def test_one_list_in_the_web_sdks_form(site: Site):
    script = """
    const { server, credential } = parse(input);
    const client = new ConversationClient({ server, credential, format: "web" });
    const [conversation] = await client.getConversationList(["C2Cbob", "GROUPno"]);
    print(conversation.conversationID, conversation.userProfile.nick);
    await client.setConversationDraft("C2Cbob", "half");
    print((await client.getConversation("c2c_bob")).draftText);
    await client.setConversationDraft("C2Cbob", null);
    print(await client.getConversation("bob").catch((error) => `${error.name} ${error.code} ${error.status}`));
    client.close();
    print(await client.getTotalUnreadMessageCount().catch((error) => error.code));
    """

    lines = node(script, json.dumps({"server": site.url, "credential": site.usersig}))

    assert lines == ["C2Cbob Bob", "half", "ImsiteError 6017 400", "6013"]


def test_a_mark_that_is_no_number_is_refused_by_the_promise(site: Site):
    script = """
    const client = new ConversationClient(parse(input));
    for (const mark of ["star", 1.5, undefined]) {
      print(await client.markConversation(["c2c_bob"], mark, true).catch((error) => `${error.name} ${error.code}`));
    }
    """

    lines = node(script, json.dumps({"server": site.url, "credential": site.usersig}))

    assert lines == ["ImsiteError 6017"] * 3


def test_groups_that_change_before_a_renewal_are_told_after_it(site: Site):
    script = """
    const options = parse(input);
    const client = new ConversationClient(options);
    const other = new ConversationClient(options);
    const reported = (name) => new Promise((resolve) => (listener[name] = (...values) => resolve(values)));
    const listener = {};
    client.addConversationListener(listener);
    await reported("onSyncServerFinish");
    const refused = reported("onSyncServerFailed");
    client.renew("not valid");
    print((await refused)[0].status);
    const created = reported("onConversationGroupCreated");
    await other.createConversationGroup("meanwhile", ["c2c_bob"]);
    client.renew(options.credential);
    const [name, conversations] = await created;
    print(name, conversations[0].conversationID);
    await other.deleteConversationGroup("meanwhile");
    client.close();
    other.close();
    """

    lines = node(script, json.dumps({"server": site.url, "credential": site.usersig}))

    assert lines == ["401", "meanwhile c2c_bob"]


def test_a_closed_client_does_not_try_again():
    script = """
    const client = new ConversationClient({ server: "http://127.0.0.1:1", credential: "" });
    client.close();
    client.addConversationListener({ onSyncServerFailed: (error) => print(error.code) });
    """

    assert node(script, "") == ["6013"]


def node(script: str, given: str) -> list[str]:
    """Run a script with everything of the client, `input` and `print`; return the lines that it prints."""
    names = "Code, ConversationClient, ImsiteError, parse, stringify"
    program = f"""
    import {{ {names} }} from {json.dumps((JS / "imsite.js").as_uri())};
    const input = {json.dumps(given)};
    const print = (...values) => console.log(...values);
    {script}
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@skip_without("tsc", packages="node-typescript")
def test_the_types_hold(tmp_path: Path):
    (tmp_path / "app.mts").write_text(APP)

    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "node16", "--moduleResolution", "node16"]
    done = subprocess.run(
        ["tsc", *options, "--lib", "es2022,dom", tmp_path / "app.mts"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_each_method_has_its_types():
    script = "print(...Object.getOwnPropertyNames(ConversationClient.prototype), ...Object.getOwnPropertyNames(Code))"
    (names,) = node(script, "")
    declared = (JS / "imsite.d.ts").read_text()

    assert [name for name in names.split() if not re.search(rf"^  (readonly )?{name}[(:]", declared, re.MULTILINE)] == []
