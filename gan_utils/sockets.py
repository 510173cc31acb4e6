"""A quicker line between a notebook's kernel and the browser."""

from jupyter_server.services.kernels.connection.channels import (
    ZMQChannelsWebsocketConnection,
)


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends every small message at once (TCP_NODELAY).

    Jupyter's server leaves Nagle's algorithm on: the second of two small messages waits for
    the acknowledgement of the first, which browsers delay by 40 ms. A slider's answer is
    such a second message. Used with
    ``--ServerApp.kernel_websocket_connection_class=gan_utils.sockets.PromptConnection``.
    """

    def connect(self):
        """Connect the kernel's channels to the browser."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
