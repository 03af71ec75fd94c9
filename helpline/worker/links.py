"""Looks whether the links of the answers still lead somewhere; only at hosts that LINK_HOSTS allows.

Nothing goes out unless somebody set LINK_HOSTS, and then only when an editor asks, or every LINK_CHECK_DAYS. Who can
write an answer must not be able to make this machine knock at doors inside our network: https on its usual port,
no address that is not public (the one looked up is the one connected to), each step of a redirect held to the same,
no page read, and an end to it after some seconds.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from helpline import clock, logs
from helpline.content import links
from helpline.db.engine import reading
from helpline.service import Service

TIMEOUT_SECONDS, DEADLINE_SECONDS = 8, 20
AT_ONCE = 10
"""Addresses in one round, so that other slow jobs get their turn."""
ADDRESSES = 3
"""Of one host, tried in turn."""
STEPS = 4
"""Redirects that are followed."""
_REDIRECTS, _FOR_GOOD = (301, 302, 303, 307, 308), (301, 308)
_GONE = (404, 410)
_HEAD_WELCOME = (200, 204, 206, *_REDIRECTS)
"""Other answers to HEAD say little: many servers do not know it."""
log = logs.get(__name__)
Seen = tuple[str, str]
"""State and detail, as links.found takes them."""


class _Refused(Exception):
    """An address that must not be asked; its word says why."""


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that a network turns into those of version 4, private ones too."""


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return _public(str(found.ipv4_mapped))
        if found.sixtofour is not None or found.teredo is not None or found in _TRANSLATED:
            return False
    return found.is_global and not found.is_multicast


@dataclass(frozen=True)
class Net:
    """The way out."""

    resolve: Callable[..., Any] = socket.getaddrinfo
    allowed: Callable[[str], bool] = _public
    port: int = 443
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


def look_due(service: Service, net: Net | None = None) -> int:
    """Look at the addresses that somebody asked about, or whose time has come; how many were."""
    hosts = hosts_of(service.settings.link_hosts)
    if not hosts:
        return 0
    _ask_by_the_clock(service)
    with reading(service.engine) as conn:
        if not links.waiting(conn):
            return 0
    looked, way_out = 0, net or Net()
    while looked < AT_ONCE:
        with service.engine.begin() as conn:
            url = links.claim(conn)
        if url is None:
            break
        state, detail = look(url, hosts, way_out)
        with service.engine.begin() as conn:
            links.found(conn, url, state, detail)
        looked += 1
    logs.event(log, "links_looked_at", count=looked)
    return looked


def hosts_of(setting: str) -> frozenset[str]:
    """The hosts of LINK_HOSTS."""
    return frozenset(one.strip().lower() for one in setting.split(",") if one.strip())


def look(url: str, hosts: frozenset[str], net: Net) -> Seen:
    """What is at an address, following redirects as far as they may be followed."""
    now, for_good = url, False
    for _ in range(STEPS + 1):
        try:
            status, target = _ask(urlsplit(now), hosts, net)
        except _Refused as error:
            return ("refused", str(error)) if now == url else ("moved", now)
        except ssl.SSLCertVerificationError:  # a ValueError too
            return "failed", "certificate"
        except ValueError:
            return "failed", "address"
        except socket.gaierror:
            return "failed", "no_such_host"
        except TimeoutError:
            return "failed", "timeout"
        except (OSError, http.client.HTTPException):
            return "failed", "unreachable"
        if status in _REDIRECTS and target:
            for_good = for_good or status in _FOR_GOOD
            now = urljoin(now, target)
            continue
        if status in _GONE:
            return "gone", f"http_{status}"
        if not 200 <= status < 300:
            return "failed", f"http_{status}"
        return ("moved", now) if for_good and now != url else ("works", "")
    return "failed", "redirects"


def _ask(parts: SplitResult, hosts: frozenset[str], net: Net) -> tuple[int, str]:
    """Status and Location of one address. Raises _Refused for one that must not be asked."""
    host = _host(parts, hosts)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    status, target = _once("HEAD", host, path, net)
    if status not in _HEAD_WELCOME:
        status, target = _once("GET", host, path, net)
    return status, target


def _host(parts: SplitResult, hosts: frozenset[str]) -> str:
    if parts.scheme.lower() != "https":
        raise _Refused("not_https")
    if parts.username is not None or parts.password is not None or parts.port not in (None, 443):
        raise _Refused("address")
    host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    with suppress(ValueError):
        ipaddress.ip_address(host)
        raise _Refused("address")
    if not host or not ("*" in hosts or any(host == one or host.endswith(f".{one}") for one in hosts)):
        raise _Refused("host")
    return host


def _once(method: str, host: str, path: str, net: Net) -> tuple[int, str]:
    connection = http.client.HTTPSConnection(host, timeout=TIMEOUT_SECONDS, context=net.trust)
    with _connected(host, net) as sock:
        connection.sock = sock  # to the very address that was looked at, so that no second look-up can differ
        heads = {"User-Agent": "helpline-links", "Accept": "*/*", "Connection": "close"}
        connection.request(method, path, headers=heads)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")[:2000]


@contextmanager
def _connected(host: str, net: Net) -> Iterator[socket.socket]:
    """A connection to a public address of the host; it is cut when the whole takes too long."""
    found = list(dict.fromkeys(str(one[4][0]) for one in net.resolve(host, net.port, type=socket.SOCK_STREAM)))
    if not found or not all(net.allowed(one) for one in found):
        raise _Refused("private")
    open_now = [_first(found[:ADDRESSES], net.port)]
    cut = threading.Timer(DEADLINE_SECONDS, _cut, (open_now,))
    cut.daemon = True
    cut.start()
    try:
        open_now.append(net.trust.wrap_socket(open_now[0], server_hostname=host))
        yield open_now[-1]
    finally:
        cut.cancel()
        for sock in open_now:
            sock.close()


def _first(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first address that takes one; a host may have addresses of a kind we cannot reach."""
    for number, address in enumerate(addresses, 1):
        try:
            return socket.create_connection((address, port), TIMEOUT_SECONDS)
        except OSError:
            if number == len(addresses):
                raise
    raise OSError("no address")


def _cut(open_now: list[socket.socket]) -> None:
    with suppress(OSError):
        socket.socket.shutdown(open_now[-1], socket.SHUT_RDWR)  # ends a read that another thread waits in


def _ask_by_the_clock(service: Service) -> None:
    days = service.settings.link_check_days
    if days <= 0:
        return
    before = clock.now() - days * 86400
    with reading(service.engine) as conn:
        known = links.listed(conn)
    if any(one.asked_at is None and (one.checked_at is None or one.checked_at < before) for one in known):
        with service.engine.begin() as conn:
            links.ask(conn, older_than=before)
