"""What agreements a live connection makes about its frames."""

from __future__ import annotations

import pytest
import websocket

from tests.realtime.serving import PATIENCE

OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"


@pytest.mark.parametrize("offered", [[], [OFFER]], ids=["without an offer", "as browsers offer it"])
def test_a_live_connection_is_not_compressed_whatever_the_browser_offers(server, offered):
    link = websocket.create_connection(
        f"{server.origin.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket",
        header=offered,
        timeout=PATIENCE,
    )
    try:
        assert link.getstatus() == 101, "it must be connected for this test to mean anything"
        assert "sec-websocket-extensions" not in {name.lower() for name in link.getheaders()}
    finally:
        link.close()
