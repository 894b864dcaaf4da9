"""Which addresses of the net lie outside: what people type in must not make the portal ask its own neighbours."""

import ipaddress

# Translates to IPv4 behind it.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that is given out of IPv6. What lies beside it is named "global" by the library as long as nobody forbade it: old
# site-local addresses, IPv4 in its oldest form, a network's own translation to IPv4.
GIVEN_OUT = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether this numeric address (IPv4 or IPv6, with or without a zone) lies outside. Words are not public."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if found.teredo is not None or (inner is not None and not is_public(str(inner))):
            return False
        if inner is not None:
            return True
        if found not in GIVEN_OUT:
            return False
    return found.is_global and not found.is_multicast


def is_loopback(address: str) -> bool:
    """Whether this numeric address is this machine itself."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
