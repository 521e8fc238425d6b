"""An instance opened for looking only: nothing is migrated, signed, swept or made. It may be serving meanwhile.

The signer's heads are read before the database's snapshot is taken. What is committed is signed after, so a head above
its log can then only mean that the database is older than the signer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from caseroom.accounts.sealing import AccountKey
from caseroom.audit.case_log import BlindKeys
from caseroom.audit.signer import Signer
from caseroom.config import Settings
from caseroom.db import Database
from caseroom.upkeep.signer_heads import SignerHeads
from caseroom.vault import keys
from caseroom.vault.keyring import Keyring
from caseroom.vault.objects import DiskObjects, ObjectStore


@dataclass(frozen=True, slots=True)
class InstanceKeys:
    """The key-encryption key and the keys derived from it, 32 bytes each."""

    kek: bytes = field(repr=False)
    accounts: bytes = field(repr=False)
    blind: bytes = field(repr=False)
    signer: bytes = field(repr=False)

    @classmethod
    def of(cls, kek: bytes) -> InstanceKeys:
        return cls(
            kek=kek,
            accounts=keys.derive(kek, keys.ACCOUNTS),
            blind=keys.derive(kek, keys.BLIND_KEYS),
            signer=keys.derive(kek, keys.SIGNER),
        )


def database_file(settings: Settings) -> Path | None:
    """The SQLite file of an instance; None where its database is another one."""
    prefix = "sqlite:///"
    return Path(settings.database_url.removeprefix(prefix)) if settings.database_url.startswith(prefix) else None


def open_database(settings: Settings, held: InstanceKeys | None, signer: SignerHeads) -> Database:
    """The database for reading alone, with the tools that its content needs. Without ``held`` nothing sealed opens."""
    file = database_file(settings)
    url = settings.database_url if file is None else f"sqlite:///file:{quote(str(file))}?mode=ro&uri=true"
    database = Database(url)
    database.provide(Settings, settings)
    database.provide(Signer, signer)
    if settings.objects_folder.is_dir():
        database.provide(ObjectStore, DiskObjects(settings.objects_folder))  # type: ignore[type-abstract]
    if held is not None:
        database.provide(Keyring, Keyring(held.kek))
        database.provide(BlindKeys, BlindKeys(held.blind))
        database.provide(AccountKey, AccountKey(held.accounts))
    return database
