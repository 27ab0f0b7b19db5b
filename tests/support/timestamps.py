"""A time-stamping authority: OpenSSL's, with a certificate of its own."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.needs import lacking

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
x509_extensions = stamping
[name]
CN = {name}
[stamping]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha512
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """An authority in a folder of its own."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, name: str = "time of the test") -> Authority:
        """Make an authority with a key and a certificate that it signed itself."""
        if shutil.which("openssl") is None:
            lacking("OPENSSL", "no openssl to stamp with")
        folder.mkdir()
        (folder / "tsa.cnf").write_text(_CONFIGURATION.format(name=name))
        (folder / "serial").write_text("01\n")
        made = cls(folder)
        made.run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "tsa.key", "-out", "tsa.pem", "-days", "30", "-config", "tsa.cnf",
        )  # fmt: skip
        return made

    @property
    def roots(self) -> Path:
        """The certificate, PEM."""
        return self.folder / "tsa.pem"

    def stamp(self, path: Path, digest: str = "sha256") -> Path:
        """Stamp a file; return the response, which stands beside it."""
        stamp = path.with_name(path.name + ".tsr")
        self.run(
            "ts", "-query", "-data", str(path.resolve()), f"-{digest}", "-cert", "-out", "q.tsq"
        )
        self.run(
            "ts", "-reply", "-queryfile", "q.tsq", "-config", "tsa.cnf", "-section", "own",
            "-out", str(stamp.resolve()),
        )  # fmt: skip
        return stamp

    def run(self, *arguments: str) -> None:
        """Run OpenSSL in the folder."""
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
