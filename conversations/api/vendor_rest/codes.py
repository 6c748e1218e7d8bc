"""The error codes of the vendor's REST API, and which of them our errors become. Source: Tencent Cloud Chat, "Error Codes"."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from conversations.exceptions import Code, ConversationError
from conversations.formats.rest_contacts import NotAnAccount


class RestCode(IntEnum):
    """Codes of the transport and the credential, which all calls share."""

    BAD_URL = 60002
    BAD_JSON = 60003
    MISSING_ACCOUNT = 60004
    WRONG_APP = 60006
    TOO_OFTEN = 60007
    NOT_POST = 60008
    UNKNOWN_CALL = 60009
    NOT_AN_ADMINISTRATOR = 60010
    MISSING_APP = 60012
    ACCOUNT_IS_NO_STRING = 60015
    SIG_MISSING = 70002
    SIG_OF_OTHER_USER = 70013
    SIG_OF_OTHER_APP = 70014
    NO_KEY = 70016


class RestError(Exception):
    """A refusal with a code that our own API does not have."""

    def __init__(self, code: RestCode, info: str):
        super().__init__(info)
        self.code, self.info = code, info


@dataclass(frozen=True)
class ServiceCodes:
    """The codes of one of the vendor's services."""

    bad_parameter: int
    not_found: int
    retry: int
    failed: int
    bad_json: int = RestCode.BAD_JSON
    by_field: Mapping[str, int] = field(default_factory=dict)

    def code_of(self, error: ConversationError) -> int:
        """Return the code of a refusal."""
        if isinstance(error, NotAnAccount):
            return RestCode.ACCOUNT_IS_NO_STRING
        key = next(iter(error.errors), "")
        if error.code == Code.INVALID_PARAMETER:
            return self.bad_json if key == "body" else self.by_field.get(key, self.bad_parameter)
        return self.translate(error.code)

    def translate(self, code: int) -> int:
        """Return the code of a result; codes that both APIs have stay as they are."""
        own: dict[int, int] = {
            Code.INVALID_PARAMETER: self.bad_parameter,
            Code.CONVERSATION_NOT_FOUND: self.not_found,
            Code.SERVICE_UNAVAILABLE: self.retry,
            Code.TOO_OFTEN: RestCode.TOO_OFTEN,
        }
        return own.get(code, int(code))


RECENT_CONTACT = ServiceCodes(bad_parameter=50002, not_found=50002, retry=50005, failed=50004)
OPEN_IM = ServiceCodes(
    bad_parameter=90001, not_found=90003, retry=70169, failed=70500, bad_json=90001,
    by_field={"To_Account": 90003, "Peer_Account": 90003, "Report_Account": 90008},
)  # fmt: skip
GROUP = ServiceCodes(bad_parameter=10004, not_found=10010, retry=10002, failed=10002, by_field={"GroupId": 10015})
# Of calls that no service has.
UNKNOWN = ServiceCodes(bad_parameter=RestCode.BAD_URL, not_found=RestCode.UNKNOWN_CALL, retry=70169, failed=70500)

NO_SUCH_ACCOUNT = 70107
