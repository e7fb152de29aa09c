"""A running cluster, one with a certificate of its own, and the client that asks it."""

import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.cluster.client import HttpClusterApi
from bot.domain.clusters import Cluster
from bot.domain.secret import Secret
from bot.domain.usage import Reading
from bot.playground.cluster import ClusterTwin
from tests.unit.kit import NOW, east

Ask = Callable[[], Awaitable[Reading]]


@dataclass
class Lab:
    """A cluster with one user, and the client."""

    twin: ClusterTwin
    cluster: Cluster
    api: HttpClusterApi
    token: Secret

    async def ask(self, username: str = "alice", token: Secret | None = None) -> Reading:
        return await self.api.core_hours(self.cluster, username, token or self.token)


@asynccontextmanager
async def lab(
    *, patience: timedelta = timedelta(seconds=5), ssl_context: ssl.SSLContext | None = None, ca: str = ""
) -> AsyncIterator[Lab]:
    """Run both; another try comes at once."""
    twin = ClusterTwin(name="east", cluster_id="11112", clock=lambda: NOW, ssl_context=ssl_context)
    await twin.start()
    try:
        twin.add_user("alice", core_hours=20.25)
        cluster = east(twin.url, platform_url=twin.platform_url, ca_file=ca or None)
        async with HttpClusterApi([cluster], clock=lambda: NOW, patience=patience) as api:
            with stamina.set_testing(True, attempts=10, cap=True):
                yield Lab(twin, cluster, api, Secret(twin.token("alice")))
    finally:
        await twin.stop()


@dataclass(frozen=True)
class Certificates:
    """An authority's file, and the context of a server that it vouches for."""

    ca_file: str
    server: ssl.SSLContext


def make_certificates(folder: Path, host: str) -> Certificates:
    """Make an authority and a server's certificate for this host or address."""
    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    try:
        name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        name = x509.DNSName(host)

    def begin(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    ca = (
        begin(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    leaf = (
        begin(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test server")]), key.public_key())
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(authority, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(pem)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return Certificates(ca_file=str(folder / "ca.pem"), server=server)
