"""Who may decide about a scheme."""

import pytest
from support import Town

from kindpakket.municipality import Municipality
from kindpakket.refusals import AlreadyInitialised, RoleRequired, SecondPersonRequired
from kindpakket_demo.desk import MUNICIPALITY


def test_a_scheme_approved_by_the_person_who_drafted_it_is_refused(town: Town) -> None:
    desk = town.desk
    draft = desk.clerk.draft_scheme({**town.scheme.rules, "name": "four-eyes"}, 100_000)["id"]
    desk.network.enrol(
        MUNICIPALITY,
        "clerk-second-certificate",
        {"kindpakket.role": "approver", "kindpakket.person": "p-clerk"},
    )
    alone = Municipality(desk.contract(MUNICIPALITY, "clerk-second-certificate"))
    with pytest.raises(SecondPersonRequired):
        alone.approve_scheme(draft)
    assert desk.clerk.scheme(draft)["scheme"]["state"] == "draft"
    assert desk.manager.approve_scheme(draft)["state"] == "approved"


def test_an_administrator_has_no_role_in_the_chaincode(town: Town) -> None:
    administrator = Municipality(town.desk.contract(MUNICIPALITY, "admin"))
    with pytest.raises(RoleRequired):
        administrator.pause_scheme(town.scheme.id, "test")
    assert town.desk.clerk.scheme(town.scheme.id)["scheme"]["state"] == "open"


def test_the_organisations_are_named_once(town: Town) -> None:
    with pytest.raises(AlreadyInitialised):
        town.desk.manager.initialise("GemeenteMSP", ["AuditorMSP"], ["WinkelsMSP"])
