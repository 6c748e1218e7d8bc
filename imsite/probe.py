"""Exit with status 0 if the server at a port of this machine answers, for containers: `python -m imsite.probe 8000`."""

import http.client
import sys

TIMEOUT_S = 4


def answers(port: int) -> bool:
    """Return whether the server is alive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not answers(int(sys.argv[1])))
