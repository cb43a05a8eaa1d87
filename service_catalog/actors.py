"""Actor (操作人): the person or machine named beside every change, and what was granted to it."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """People answer for what they do; machines act for an office; the system acts by the clock."""

    PERSON = "person"
    MACHINE = "machine"
    SYSTEM = "system"


class Role(StrEnum):
    """What somebody is here for; what each role may do stands in `access/rights.py`."""

    EDITOR = "editor"
    """编辑: writes drafts of its own agency, or of a region."""
    REVIEWER = "reviewer"
    """审核: the catalogue office of a region (编办、法制办)."""
    PUBLISHER = "publisher"
    """发布: publishes, and records what the government decided."""
    APPEALS_OFFICER = "appeals_officer"
    """诉求办理."""
    SUPERVISOR = "supervisor"
    """监察: reads everything in its region, writes nothing but opinions on findings."""
    COUNTY_OFFICE = "county_office"
    """旗县系统: a machine that hands in what its region has."""
    STANDING_OFFICE = "standing_office"
    """旗县系统（常设发布权）: a county office that publishes at once what the matrix leaves to the agency alone."""
    KIOSK = "kiosk"
    """自助终端: a machine that reads."""
    ADMINISTRATOR = "administrator"
    """管理员: keys and registers."""


@dataclass(frozen=True)
class Grant:
    """One role, limited to a region with all below it, or to one agency."""

    role: Role
    region_code: str | None = None
    agency_code: str | None = None

    def __post_init__(self) -> None:
        if (self.region_code is None) == (self.agency_code is None):
            raise ValueError("a grant is limited to one region or to one agency")


@dataclass(frozen=True)
class Actor:
    """Who acts; `name` is what stands in the log, and tells two people apart who are called the same.

    `grants` None: acts on the machine that holds the catalogue (command line, seeding), where nothing limits it. Whoever
    comes over the network has a tuple, be it empty.
    """

    name: str
    kind: ActorKind = ActorKind.PERSON
    grants: tuple[Grant, ...] | None = None
    subject: str | None = None
    """What the identity provider calls a person, whatever the person is called today."""

    @property
    def identity(self) -> str:
        """Return what stays the same when somebody changes their name: nobody approves under a new name what they wrote."""
        return self.subject or self.name
