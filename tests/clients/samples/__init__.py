"""The samples of Tencent's page on getConversation and getConversationList, as printed there, and ways to run them."""

from pathlib import Path

FOLDER = Path(__file__).parent
# As the samples name them; none is a conversationID.
IDS = ("conversationID1", "conversationID2", "conversationID", "convID1", "convID2")


def sample(name: str, suffix: str) -> str:
    """Return a sample, unchanged."""
    return (FOLDER / f"{name}.{suffix}").read_text()


def with_id(text: str, conversation_id: str) -> str:
    """Return a sample with a real ID in place of the ones it was printed with."""
    for printed in IDS:
        text = text.replace(f'"{printed}"', f'"{conversation_id}"')
    return text
