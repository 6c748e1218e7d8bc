"""The Chromium that the system has: where it is, and how it starts so that it talks to nobody else.

The headless shell draws the same pages and takes two thirds of the time.
"""

import shutil

PATH = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a page asks of another host fails at once, and is noted as a complaint.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def why_not() -> str:
    """Why the browser tests can't run; "" if they can."""
    return "" if PATH else "there is no command chromium-headless-shell or chromium"
