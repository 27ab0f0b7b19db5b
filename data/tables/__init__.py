"""Tables: the shape of what is kept, one file per aggregate. Rows never leave `data`."""

from __future__ import annotations

import importlib
import pkgutil

from sqlmodel import SQLModel

metadata = SQLModel.metadata
# Every constraint has a name, so that a later migration can find it on both databases.
metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
