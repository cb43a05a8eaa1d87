"""What `serve --replica-of` does before it serves: a database for the copy, and its threads."""

import os

from service_catalog.cli.common import now, refusals
from service_catalog.cli.sync import copy_settings
from service_catalog.kernel.database import make_engine
from service_catalog.migrations.upgrading import upgrade
from service_catalog.replica.keeping import Keeper
from service_catalog.serving import write_log


def prepare(centre: str | None, region: str | None, name: str | None) -> None:
    """Make the database of a copy and begin to follow the centre; what was said goes to the worker processes, too."""
    with refusals():
        settings = copy_settings(centre, region, name)
    os.environ["CATALOG_REPLICA_OF"] = str(settings.replica_of)
    os.environ["CATALOG_DATABASE_URL"] = settings.database_url
    if settings.replica_name is not None:
        os.environ["CATALOG_REPLICA_NAME"] = settings.replica_name
    if settings.replica_region is not None:
        os.environ["CATALOG_REPLICA_REGION"] = settings.replica_region
    engine = make_engine(settings.database_url)
    upgrade(engine)
    engine.dispose()
    write_log()
    with refusals():
        keeper = Keeper(settings, clock=now)
        keeper.follower.demand_copy()
    keeper.start()
