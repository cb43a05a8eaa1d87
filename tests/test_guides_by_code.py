from builders import BANNER_BUREAU, ITEM, publish_local
from sqlmodel import Session
from starlette.testclient import TestClient


def test_a_guide_is_the_standard_completed_by_local_facts(session: Session, client: TestClient) -> None:
    code = publish_local(session, BANNER_BUREAU, "4", promised_limit={"amount": 8, "unit": "working_day"})
    session.commit()

    guide = client.get(f"/v1/guides/{code}").json()

    assert guide["name"] == "居住证申领"
    assert guide["promised_limit"]["amount"] == 8
    assert guide["promised_limit"]["source"] == "local"
    assert guide["service_locations"][0]["phone"] == "0483-8300001"
    assert guide["basic_code"] == ITEM
