"""Links of answers are looked up only where a setting allows it, and never inside our own network."""

import dataclasses
import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpline import clock, content
from helpline.content import changes, links
from helpline.content.changes import Seen, Wording
from helpline.worker import jobs
from helpline.worker.links import Net, look, look_due
from tests.people import agent

HOSTS = frozenset({"example.org"})
NAMES = ("example.org", "www.example.org", "other.example.org")


class Site(http.server.BaseHTTPRequestHandler):
    """A site with pages, a page that is gone, one that moved, and one that knows no HEAD."""

    asked: list[tuple[str, str, str]] = []

    def _answer(self) -> None:
        self.asked.append((self.command, self.headers["Host"], self.path))
        name = self.path.partition("?")[0]
        status, location = {
            "/gone": (404, ""), "/never": (410, ""), "/broken": (500, ""), "/away": (302, "/page"),
            "/moved": (301, "https://www.example.org/page"), "/inside": (302, "https://inside.example.org/"),
            "/off": (301, "https://elsewhere.example/"), "/plain": (302, "http://example.org/page"),
            "/round": (302, "/round"), "/get": (405 if self.command == "HEAD" else 200, ""),
        }.get(name, (200, ""))  # fmt: skip
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = _answer

    def log_message(self, *_args) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """A key and a certificate for the site's names, which only this test trusts."""
    folder, key = tmp_path_factory.mktemp("paper"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.timezone.utc)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in NAMES]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder


@pytest.fixture
def net(paper):
    """The way out, to a real TLS server of this test: its names lead to it, others to where they say."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper / "cert.pem", paper / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Site.asked.clear()
    resolved = {"inside.example.org": "10.0.0.7", "wrong.example.org": "127.0.0.1", **dict.fromkeys(NAMES, "127.0.0.1")}

    def resolve(host, port, **_kind):
        if host not in resolved:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (resolved[host], port))]

    def allowed(address):
        return address == "127.0.0.1" or ipaddress.ip_address(address).is_global

    trust = ssl.create_default_context(cafile=str(paper / "cert.pem"))
    yield Net(resolve, allowed, server.server_address[1], trust)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/page", ("works", "")),
        ("/page?a=b&c=d#part", ("works", "")),
        ("/pagina/één", ("works", "")),
        ("/get", ("works", "")),
        ("/away", ("works", "")),
        ("/gone", ("gone", "http_404")),
        ("/never", ("gone", "http_410")),
        ("/broken", ("failed", "http_500")),
        ("/moved", ("moved", "https://www.example.org/page")),
        ("/off", ("moved", "https://elsewhere.example/")),
        ("/inside", ("moved", "https://inside.example.org/")),
        ("/plain", ("moved", "http://example.org/page")),
        ("/round", ("failed", "redirects")),
    ],
)
def test_each_page_is_told_as_it_is(net, path, seen):
    assert look(f"https://example.org{path}", HOSTS, net) == seen


def test_redirect_into_our_network_is_not_followed(net):
    look("https://example.org/inside", HOSTS, net)
    assert {host for _, host, _ in Site.asked} == {"example.org"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "not_https"),
        ("https://elsewhere.example/", "host"),
        ("https://notexample.org/", "host"),
        ("https://example.org:8443/", "address"),
        ("https://user:word@example.org/", "address"),
        ("https://127.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://inside.example.org/", "private"),
    ],
)
def test_address_that_must_not_be_asked_is_not(net, url, why):
    assert look(url, HOSTS, net) == ("refused", why)
    assert not Site.asked


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f000001/", "https://localhost/", "https://x\\@y/"])
def test_no_spelling_of_this_machine_is_asked_even_where_every_public_host_is(url):
    resolve = lambda host, port, **_: [(0, 0, 0, "", ("127.0.0.1", port))]  # noqa: E731
    assert look(url, frozenset({"*"}), Net(resolve)) in (("refused", "private"), ("refused", "address"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "ff02::1",
    ],
)  # fmt: skip
def test_no_private_address_is_connected_to(address):
    resolve = lambda host, port, **_: [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", (address, port))]  # noqa: E731
    assert look("https://example.org/", HOSTS, Net(resolve)) == ("refused", "private")


def test_certificate_of_somebody_else_and_unknown_name_are_told(net):
    assert look("https://wrong.example.org/", HOSTS, net) == ("failed", "certificate")
    assert look("https://nowhere.example.org/", HOSTS, net) == ("failed", "no_such_host")


def test_host_that_never_answers_is_given_up(net, monkeypatch):
    monkeypatch.setattr("helpline.worker.links.TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        quiet = dataclasses.replace(net, port=silent.getsockname()[1])
        assert look("https://example.org/", HOSTS, quiet) == ("failed", "timeout")


def test_host_that_drips_is_cut_off(net, paper, monkeypatch):
    monkeypatch.setattr("helpline.worker.links.DEADLINE_SECONDS", 0.5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper / "cert.pem", paper / "key.pem")
    over = threading.Event()

    def drip(server):
        taken, _ = server.accept()
        with context.wrap_socket(taken, server_side=True) as sock:
            try:
                while not over.wait(0.05):
                    sock.sendall(b"H")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        slow = dataclasses.replace(net, port=server.getsockname()[1])
        assert look("https://example.org/", HOSTS, slow)[0] == "failed"
        over.set()
        thread.join(10)


@pytest.fixture
def written(service):
    """A live text, a draft and a fact with links."""
    with service.engine.begin() as conn:
        content.import_starter(conn)
        eva = agent(conn)
        for key, text in (("utter_greet", "See https://example.org/page."), ("utter_bye", "www.example.org/gone")):
            change = changes.save(conn, key, "en", Wording(text), eva, Seen(0, changes.live(conn, key, "en")[1]))
        assert change.text
    return service


def with_settings(service, **values):
    return dataclasses.replace(service, settings=dataclasses.replace(service.settings, **values))


def test_nothing_goes_out_unless_a_setting_allows_it(written, net):
    with written.engine.begin() as conn:
        assert links.ask(conn) >= 2
    assert look_due(written, net) == 0
    assert look_due(with_settings(written, link_check_days=1), net) == 0
    assert not Site.asked


def test_nothing_goes_out_before_somebody_asks(written, net):
    assert look_due(with_settings(written, link_hosts="example.org"), net) == 0
    assert not Site.asked


def test_asked_links_are_looked_at_once_and_told(written, net):
    desk = with_settings(written, link_hosts="Example.org, ")
    with written.engine.begin() as conn:
        asked = links.ask(conn)
    assert look_due(desk, net) == asked
    assert look_due(desk, net) == 0
    with written.engine.begin() as conn:
        told = {one.url: one for one in links.listed(conn)}
        bad = links.bad(conn)
    assert told["https://example.org/page"].state == "works"
    assert told["https://www.example.org/gone"].uses == (("utter_bye", "en"),)
    assert [one.url for one in bad] == ["https://www.example.org/gone"]
    assert bad[0].bad_since == bad[0].checked_at


def test_links_are_looked_at_again_when_their_days_are_over(written, net):
    desk = with_settings(written, link_hosts="example.org", link_check_days=7)
    first = look_due(desk, net)
    assert first >= 2
    assert look_due(desk, net) == 0
    clock.shift(6 * 86400)
    assert look_due(desk, net) == 0
    clock.shift(2 * 86400)
    assert look_due(desk, net) == first


def test_worker_looks_by_itself():
    job = next(one for one in jobs.JOBS if one.name == "links")
    assert job.slow
