"""The shape of the database: what Alembic makes is what the tables say, on both kinds."""

from datetime import datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

import service_catalog.tables
from service_catalog.kernel.database import UtcDateTime, make_engine, reading, unit_of_work
from service_catalog.migrations.upgrading import alembic_config, is_current, upgrade


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, SQLModel.metadata))


def move(engine: Engine, verb: str, to: str) -> None:
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, verb)(config, to)


def constraints(engine: Engine) -> dict[str, set[str]]:
    looking = inspect(engine)
    return {
        table: {str(rule["name"]) for rule in looking.get_check_constraints(table)}
        | {str(rule["name"]) for rule in looking.get_foreign_keys(table)}
        | {str(rule["name"]) for rule in looking.get_indexes(table) if not rule.get("duplicates_constraint")}
        for table in looking.get_table_names()
        if table != "alembic_version"
    }


def head(engine: Engine) -> int:
    with Session(engine) as session:
        return int(session.execute(text("SELECT number FROM change_head")).scalar_one())


def test_upgrading_from_nothing_makes_what_the_tables_say(empty_engine: Engine) -> None:
    assert differences(empty_engine) == []
    assert is_current(empty_engine)


def test_every_table_of_the_product_is_known_to_the_migrations(empty_engine: Engine) -> None:
    made = set(inspect(empty_engine).get_table_names()) - {"alembic_version"}

    assert made == {table.__tablename__ for table in service_catalog.tables.ALL} == set(SQLModel.metadata.tables)


def test_the_migrations_make_the_same_rules_as_the_tables(empty_engine: Engine) -> None:
    migrated = constraints(empty_engine)
    move(empty_engine, "downgrade", "base")
    SQLModel.metadata.create_all(empty_engine)

    assert constraints(empty_engine) == migrated


def test_going_down_leaves_nothing_and_going_up_again_works(empty_engine: Engine) -> None:
    move(empty_engine, "downgrade", "base")
    left = set(inspect(empty_engine).get_table_names()) - {"alembic_version"}
    current_below = is_current(empty_engine)
    upgrade(empty_engine)

    assert left == set()
    assert not current_below
    assert is_current(empty_engine)
    assert differences(empty_engine) == []
    assert head(empty_engine) == 0


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = head(engine)

    upgrade(engine)

    assert head(engine) == before > 0


def test_after_going_down_and_up_the_log_is_still_append_only(empty_engine: Engine) -> None:
    move(empty_engine, "downgrade", "base")
    upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO change (number, subject, code, kind, "by", "at", digest) '
                "VALUES (1, 'code', 'x', 'upsert', '甲', '2026-03-10 01:00:00', '0')"
            )
        )

    with pytest.raises(DBAPIError, match="append-only"), empty_engine.begin() as connection:
        connection.execute(text("DELETE FROM change"))


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory.from_config(alembic_config())

    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty_engine: Engine) -> None:
    move(empty_engine, "downgrade", "base")
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE region (x integer)"))

    with pytest.raises(DBAPIError, match="region"):
        upgrade(empty_engine)

    assert set(inspect(empty_engine).get_table_names()) - {"alembic_version"} == {"region"}


def test_a_database_that_is_no_file_and_no_server_is_refused() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://root@127.0.0.1/x"):
        with pytest.raises((ValueError, ModuleNotFoundError)):
            make_engine(url)


def test_a_moment_without_its_zone_is_never_stored(empty_engine: Engine) -> None:
    kind = UtcDateTime()
    with pytest.raises(ValueError, match="time zone"):
        kind.process_bind_param(datetime(2026, 3, 10), empty_engine.dialect)  # noqa: DTZ001 - the point of the test


def test_a_readers_picture_does_not_move_while_it_reads(engine: Engine) -> None:
    count = text("SELECT count(*) FROM agency")
    with reading(engine) as reader:
        before = reader.execute(count).scalar_one()
        with unit_of_work(engine) as writer:
            writer.execute(text("UPDATE region SET name = name || '新'"))
        names = reader.execute(text("SELECT name FROM region WHERE level = 'league'")).scalar_one()

        assert (reader.execute(count).scalar_one(), names) == (before, "阿拉善盟")


def test_what_a_reading_transaction_writes_is_never_kept(engine: Engine) -> None:
    write = text("UPDATE region SET name = '乱改'")

    with reading(engine) as reader:
        if engine.dialect.name == "postgresql":
            with pytest.raises(DBAPIError, match="read-only"):
                reader.execute(write)
        else:
            reader.execute(write)

    with reading(engine) as reader:
        assert reader.execute(text("SELECT name FROM region WHERE level = 'league'")).scalar_one() == "阿拉善盟"
