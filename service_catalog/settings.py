"""Settings from CATALOG_* variables; made once at the edge and passed in."""

import re
from pathlib import Path
from typing import Annotated, Literal

from limits import parse_many
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE = Path(__file__).parent


def _can_be_searched_for(expression: str) -> str:
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return expression


RegularExpression = Annotated[str, AfterValidator(_can_be_searched_for)]


def _can_be_counted(rate: str) -> str:
    try:
        parse_many(rate)
    except ValueError as error:
        raise ValueError(f"no rate such as 30/hour or 5/minute;30/hour: {rate!r}") from error
    return rate


_SILENT_AFTER: dict[Literal["replica", "office", "kiosk"], int] = {"replica": 60, "office": 1440, "kiosk": 60}
Rate = Annotated[str, AfterValidator(_can_be_counted)]
"""How often in how long, such as 30/hour; several are parted by semicolons and all hold."""


def _seed_data() -> Path:
    beside = _PACKAGE.parent / "seed_data"
    return beside if beside.is_dir() else _PACKAGE / "seed_data"


class Settings(BaseSettings):
    """What a site may choose. Every field is documented in docs/operations.md."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_", frozen=True)

    database_url: str = Field("sqlite:///var/catalog.db", description="SQLite file or PostgreSQL database.")
    seed_data: Path = Field(
        default_factory=_seed_data, description="Folder of the plain files that fill a new catalogue."
    )
    allocatable_namespaces: frozenset[str] = Field(
        frozenset({"15"}), description="Namespaces in which this site may allocate basic codes; others are registered."
    )
    village_level_services_only: bool = Field(
        False,
        description="Report implementations at level 6 that are not public services (finding village_level_type).",
    )
    lint_severities: dict[str, Literal["error", "warning", "off"]] = Field(
        default_factory=dict,
        description="Rule name → error (refused at submission), warning, or off; others keep the handbook's severity.",
    )
    lint_words: dict[str, tuple[RegularExpression, ...]] = Field(
        default_factory=dict,
        description="Word list → regular expressions in place of the handbook's (basic_items/wording.py names the lists).",
    )
    finding_severities: dict[str, Literal["error", "warning", "notice", "off"]] = Field(
        default_factory=dict,
        description="Rule of the consistency engine → error, warning, notice, or off; others keep their own severity.",
    )
    review_after_months: int = Field(
        12, ge=0, le=120, description="Months after which a text in force is due for review; 0 switches the rule off."
    )
    oidc_issuer: str | None = Field(
        None, description="Address of the site's identity provider; without one, only keys of machines are understood."
    )
    oidc_audience: str = Field("service-catalog", description="What a token must be made for.")
    oidc_jwks_url: str | None = Field(
        None, description="Where the provider's public keys are; by default its discovery document says so."
    )
    oidc_mapping: Path | None = Field(None, description="JSON file that maps claims of a token to roles and places.")
    guide_cache_entries: int = Field(
        5_000, ge=0, description="Guides kept ready as bytes in each worker; 0 switches it off."
    )
    attachments_url: str = Field(
        "file:var/attachments", description="Where attachments lie: file:///folder, file:folder or s3://bucket/prefix."
    )
    attachments_endpoint: str | None = Field(
        None, description="Address of the server that speaks S3, where it is not Amazon's; AWS_* hold the rest."
    )
    personal_keys: SecretStr | None = Field(
        None, description="Keys of personal data, id:base64 of 32 bytes each, newest first, parted by commas."
    )
    personal_keys_file: Path = Field(
        Path("var/personal-keys"),
        description="File with the same keys, one a line; read, and on first use made, where personal_keys is not set.",
    )
    rate_storage: str = Field(
        "memory://", description="Where rates are counted: in each process, or in a store such as redis://host."
    )
    appeals_per_address: Rate = Field("30/hour", description="Appeals taken from one address without a key.")
    appeals_per_key: Rate = Field("600/hour", description="Appeals taken with one key, such as a kiosk's.")
    previews_per_address: Rate = Field("120/hour", description="Previews of appeals asked from one address.")
    previews_per_key: Rate = Field("6000/hour", description="Previews of appeals asked with one key.")
    attachments_per_address: Rate = Field(
        "60/hour", description="Files added later to appeals from one address without a key."
    )
    attachments_per_key: Rate = Field("1200/hour", description="Files added later to appeals with one key.")
    wrong_query_codes: Rate = Field(
        "5/hour",
        description="Wrong query codes for one appeal number from one address, or with one key, before its right one is "
        "refused there, too.",
    )
    wrong_query_codes_per_number: Rate = Field(
        "500/hour",
        description="Wrong query codes for one appeal number from everywhere before it is refused everywhere.",
    )
    wrong_query_codes_per_address: Rate = Field(
        "60/hour", description="Wrong query codes from one address without a key before all from there are refused."
    )
    wrong_query_codes_per_key: Rate = Field(
        "600/hour", description="Wrong query codes with one key, such as a front end's, before all with it are refused."
    )
    smtp_url: SecretStr | None = Field(
        None, description="Mail server, smtp://user:password@host:port or smtps://; without one no mail is sent."
    )
    smtp_sender: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = Field(
        None, description="Mail address that reminders come from."
    )
    outbox_insecure_webhooks: bool = Field(
        False,
        description="Allow webhooks to http addresses and into private networks: for trials, and closed networks.",
    )
    feed_license: str = Field(
        "https://creativecommons.org/licenses/by/4.0/", description="Under which licence the feed may be used."
    )
    feed_tombstone_days: int = Field(
        90,
        ge=1,
        le=3_650,
        description="Days for which the feed promises tombstones; who stayed away longer takes a snapshot.",
    )
    feed_longest_wait_seconds: int = Field(
        55,
        ge=0,
        le=55,
        description="Seconds for which an empty page of the feed is held back at the most, whatever is asked.",
    )
    snapshots: Path = Field(Path("var/snapshots"), description="Folder where snapshots are kept ready.")
    snapshot_minutes: int = Field(
        60, ge=0, le=10_080, description="Minutes for which a snapshot is handed out before a new one is made."
    )
    copies_made_per_address: Rate = Field(
        "120/hour", description="Snapshots and digests that have to be made anew for one address without a key."
    )
    copies_made_per_key: Rate = Field(
        "600/hour", description="Snapshots and digests that have to be made anew for one key."
    )
    reader_silent_after_minutes: Annotated[
        dict[Literal["replica", "office", "kiosk"], Annotated[int, Field(ge=1, le=525_600)]],
        AfterValidator(lambda minutes: _SILENT_AFTER | minutes),
    ] = Field(
        _SILENT_AFTER, description="Kind of reader → minutes after which it counts as silent; others keep their own."
    )
    handed_over_within_days: int = Field(
        90, ge=1, le=3_660, description="How many days after its receipt at a replica an appeal may be handed over."
    )
    replica_of: Annotated[str, Field(pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$")] | None = Field(
        None, description="Address of the centre; set, this site is a replica of it."
    )
    replica_region: Annotated[str, Field(pattern=r"^[0-9]{6}[0-9Z][0-9]{5}$")] | None = Field(
        None, description="Region that this replica holds, with all below it."
    )
    replica_name: Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,60}$")] | None = Field(
        None, description="What the centre calls this replica; each has its own."
    )
    replica_stale_after_minutes: int = Field(
        60,
        ge=1,
        le=525_600,
        description="Age of a replica's data from which on every answer and page says that it is old.",
    )
    replica_wait_seconds: int = Field(
        25,
        ge=0,
        le=55,
        description="Seconds for which a replica lets the centre hold back an answer until something changes.",
    )
    replica_timeout_seconds: float = Field(
        30.0, gt=0, le=600, description="Seconds without a byte after which a replica takes its line for cut."
    )
    replica_longest_pause_seconds: float = Field(
        60.0,
        gt=0,
        le=3_600,
        description="Seconds between two tries of a replica, once the centre has been away for a while.",
    )
    replica_key: SecretStr | None = Field(
        None, description="Key of a kiosk or county office that the centre handed out."
    )
