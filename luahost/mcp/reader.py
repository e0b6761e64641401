"""One connection, read request by request."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST = 64 << 10
"""Bytes of a request that are not of its body."""


class Reader(HttpToolsProtocol):
    """Reads as uvicorn does, with two differences.

    What stands around a body ends: the parser keeps every byte of it, whoever sends them. And a client that offers
    another protocol, as Java's does with each request, is answered in this one (RFC 9110, 7.8), where uvicorn loses
    the body (its issue 2722).
    """

    _around = 0
    """Bytes since the last head or the last part of a body."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._around += len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except HttpParserError:
            self._refuse("Invalid HTTP request received.")
        else:
            if self._around > LARGEST:
                self._refuse(f"A request has {LARGEST} bytes beside its body at most.")

    def on_headers_complete(self) -> None:
        self._around = 0
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._around = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _decline(self, rest: bytes) -> None:
        """Read the last head again, without its offer, and what came after it."""
        method = self.parser.get_method()
        if method == b"CONNECT":  # it is an offer itself
            self._refuse("There is nothing to connect to.")
            return
        start = b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())
        head = [start, *(b"%s: %s" % each for each in self.headers if each[0] != b"upgrade")]
        self.data_received(b"\r\n".join(head) + b"\r\n\r\n" + rest)

    def _refuse(self, why: str) -> None:
        self.logger.warning(why)
        self.send_400_response(why)
