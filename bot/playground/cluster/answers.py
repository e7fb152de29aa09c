"""The envelope that every answer of the API travels in."""

import json
from dataclasses import dataclass
from typing import Any, Final

MESSAGES: Final = {
    "0": "success",
    "404": "Not Found",
    "405": "Method Not Allowed",
    "10001": "internal_error",
    "10003": "param_incomplete",
    "10004": "param_invalid",
    "10007": "user_frozen",
    "10008": "auth_fail",
    "10009": "no_permission",
    "10010": "file_check_fail",
    "10011": "file_too_large",
    "10012": "connection_broken",
    "10013": "operation_timeout",
    "815005": "job_submit_fail",
    "815007": "job_submit_fail",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer; `literal` stands in for `data` as JSON text of its own, valid or not."""

    code: str | int = "0"
    msg: str | None = None
    data: Any = ""
    literal: str | None = None
    status: int = 200

    @property
    def body(self) -> bytes:
        """The envelope as UTF-8 JSON."""
        msg = MESSAGES.get(str(self.code), "error") if self.msg is None else self.msg
        data = json.dumps(self.data, ensure_ascii=False) if self.literal is None else self.literal
        text = f'{{"code":{json.dumps(self.code)},"msg":{json.dumps(msg, ensure_ascii=False)},"data":{data}}}'
        return text.encode("utf-8", "surrogatepass")


NOT_FOUND: Final = Answer(code="404", data=None, status=404)
WRONG_METHOD: Final = Answer(code="405", data=None, status=405)
