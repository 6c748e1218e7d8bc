"""How many files of the API a request enters: a newcomer who follows one has to read them."""

import itertools
import sys
from pathlib import Path

from django.conf import settings

from tests.support.acting import ActionTestCase
from tests.support.api import conversation_url, url
from tests.support.cast import make_conversation

ROOT = Path(settings.BASE_DIR, "conversations")


class WalkTests(ActionTestCase):
    def setUp(self):
        make_conversation()
        self.get(url("changes/"))  # loads the URLs

    def files_entered(self, method: str, address: str, *, until: str) -> set[str]:
        """Send a request, and return the API's files whose functions are called before those of the room or file `until`."""
        entered: list[Path] = []

        def note(frame, event, argument):
            file = Path(frame.f_code.co_filename)
            is_wrapper = frame.f_code.co_name == "__call__"  # of middleware, around all requests
            if event == "call" and file.is_relative_to(ROOT) and not is_wrapper:
                entered.append(file.relative_to(ROOT))

        sys.setprofile(note)
        try:
            response = self.send(method, address)
        finally:
            sys.setprofile(None)
        self.assertEqual(response.status_code, 200)
        before = itertools.takewhile(lambda file: not file.is_relative_to(until), entered)
        return {str(file.relative_to("api")) for file in before if file.parts[0] == "api"}

    def test_a_pin_enters_four_before_the_actions(self):
        entered = self.files_entered("PUT", url("conversations/c2c_bob/pin/"), until="actions")

        self.assertEqual(entered, {"fast_path.py", "authentication.py", "calls.py", "viewsets/conversation_actions.py"})

    def test_a_hot_read_enters_six_before_the_rows_are_read(self):
        entered = self.files_entered("GET", conversation_url("c2c_bob"), until="lists/json_reads.py")

        files = {"fast_path.py", "authentication.py", "calls.py", "replica_reads.py", "responses.py"}
        self.assertEqual(entered, files | {"viewsets/conversations.py"})
