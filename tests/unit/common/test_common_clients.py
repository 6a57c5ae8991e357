"""Which client an address stands for."""

import pytest
from opine_common.clients import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:50123", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("[2001:db8::1]:50123", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.2", "192.0.2.2"),
        ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("", ""),
        ("unix", "unix"),
        ("unknown:1", "unknown:1"),
        ("1:2:3", "1:2:3"),
    ],
)
def test_one_ipv4_address_or_ipv6_network_is_one_client(address: str, network: str) -> None:
    assert network_of(address) == network
