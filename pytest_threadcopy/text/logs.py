"""Takes secrets out of log records as they are made, before any handler sees them."""

import logging
import re
from collections.abc import Callable
from typing import Any

# These headers as httpcore writes them. A cookie is a secret before the redactor learns it. A location may
# hold the user info of another user.
_HEADERS = re.compile(r"(b'(?:set-cookie|location)', b['\"]).*?(?=['\"]\))", re.IGNORECASE)


class RedactedLogs:
    """The record factory of `logging`, from now until `remove`.

    ``redact`` returns a text without secrets; from a tuple or a dict, the same with redacted texts.
    """

    def __init__(self, redact: Callable[[Any], Any]) -> None:
        self._redact = redact
        self._is_removed = False
        self._make_record: Callable[..., logging.LogRecord] = logging.getLogRecordFactory()
        logging.setLogRecordFactory(self)

    def remove(self) -> None:
        """Stop redacting. Factories may be removed in any order."""
        self._is_removed = True
        factory: Any = logging.getLogRecordFactory()
        while isinstance(factory, RedactedLogs) and factory._is_removed:
            factory = factory._make_record
            logging.setLogRecordFactory(factory)

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Make a record without secrets."""
        record = self._make_record(*args, **kwargs)
        if self._is_removed:
            return record
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 (a mistake of the user, which the handler of the record reports)
            record.msg, record.args = self._redact(record.msg), self._redact(record.args)
        else:
            is_httpcore = record.name.startswith("httpcore")
            redacted = self._redact(_HEADERS.sub(r"\1***", message) if is_httpcore else message)
            if redacted != message:
                record.msg, record.args = redacted, None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._redact(logging.Formatter().formatException(record.exc_info))
        return record
