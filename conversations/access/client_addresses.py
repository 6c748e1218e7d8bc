"""The address of the client that sent a request."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest

HOME_BITS = 64  # the prefix of an IPv6 address that a provider assigns to a customer


def client_address(request: HttpRequest) -> str | None:
    """Return the address that the proxy appended to X-Forwarded-For, else the connection's; None if neither is valid.

    The client can set all entries of X-Forwarded-For but the last. An IPv6 address stands for its network.
    """
    for text in (request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2], request.META.get("REMOTE_ADDR", "")):
        try:
            address = ip_address(text.strip())
        except ValueError:
            continue
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or ip_network((int(address), HOME_BITS), strict=False).network_address
        return str(address)
    return None
