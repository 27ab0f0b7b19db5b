"""Settings of one installation, read from the environment (`PARKLOOM_…`)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where an installation keeps its state, and what its log is called.

    Every field can be set by an environment variable with the prefix `PARKLOOM_`.

    Parameters
    ----------
    home
        Folder of the database, the published log and the operator's keys.
    database_url
        SQLAlchemy address; empty means a SQLite file in `home`.
    origin
        Name of the log: an address prefix without scheme, as in C2SP tlog-checkpoint.
    signer
        Unix socket of the signer's process, where one holds the log's key (`parkloom signer`).
    kek, kek_former
        Key-encryption keys of the disclosures (32 bytes, base64); empty means files in `home`.
    policy
        Trust policy of the log (C2SP tlog-policy) with the addresses of its witnesses; empty means
        the file `policy` in `home`. Without the file the log has no witnesses.
    host, port
        Where `parkloom serve` listens; loopback only until the server knows identities.
    """

    model_config = SettingsConfigDict(env_prefix="PARKLOOM_", extra="ignore", frozen=True)

    home: Path = Path(".parkloom")
    database_url: str = ""
    origin: str = "parkloom.local/ledger"
    signer: Path | None = None
    policy: Path | None = None
    kek: str = Field(default="", repr=False)
    kek_former: str = Field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def address(self) -> str:
        """The SQLAlchemy address of the database."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{self.home.absolute() / 'parkloom.db'}"

    @property
    def log_folder(self) -> Path:
        """Folder of checkpoint, tiles and entry bundles, served as it is."""
        return self.home / "log"

    @property
    def keys_folder(self) -> Path:
        """Folder of the operator's own keys (mode 0600); never a party's."""
        return self.home / "keys"

    @property
    def last_signed(self) -> Path:
        """The memory of an installation that signs for itself."""
        return self.home / "signer" / "last-signed"

    @property
    def signer_socket(self) -> Path:
        """Where the signer's process answers, for an installation that has one."""
        return self.signer or self.home / "signer.sock"

    @property
    def policy_file(self) -> Path:
        """The policy that names the log's witnesses; there need not be one."""
        return self.policy or self.home / "policy"

    @property
    def parties_folder(self) -> Path:
        """Folder beside `home` where the demo keeps the parties' key files."""
        return self.home.with_name(f"{self.home.name}-parties")
