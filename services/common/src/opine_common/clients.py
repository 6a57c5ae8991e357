"""Which client an address stands for."""

import ipaddress
import re

# As some proxies write them into X-Forwarded-For: a port may follow, and then IPv6 stands in brackets.
_ADDRESS = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def network_of(address: str) -> str:
    """What one client has: an IPv4 address, or an IPv6 network of 64 bits, in which it may take any.

    What is no address stands for itself.
    """
    found = _ADDRESS.fullmatch(address)
    bare = (found[1] or found[2] or "") if found else address
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return bare
    # As a socket for both versions gives it: in one network they would all be one client.
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
