"""The password of the store's address is never shown, and a message is never changed to hide it."""

import pytest

from leadlight.features.errors import StoreError
from leadlight.serving.store import open_store


def refusal(url):
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "somebody:p@zz:qq/o%rd@127.0.0.1:1/name",
        "somebody:p@zz@127.0.0.1:1/name",
        "somebody:p@zz?qq@127.0.0.1:1/name",
        "somebody:zz",
        "somebody:zz/name",
        "127.0.0.1:1/name?user=somebody&password=zz@qq",
    ],
)
def test_a_password_that_is_not_percent_encoded_is_told_and_no_part_of_it_is_shown(address):
    said = refusal(f"postgresql+psycopg://{address}")
    assert "percent-encoded" in said
    assert "%40" in said
    assert "zz" not in said
    assert "qq" not in said


@pytest.mark.parametrize("password", ["n", "p%40zz%3Aqq%2Fo%25rd", "zz/qq", "zz?qq", "zz%zqq"])
def test_the_rest_of_a_message_stays_as_it_is(password):
    said = refusal(f"postgresql+psycopg://somebody:{password}@127.0.0.1:1/name")
    assert "postgresql+psycopg://somebody:***@127.0.0.1:1/name" in said
    assert "connection failed" in said
    assert "zz" not in said


@pytest.mark.parametrize("key", ["password", "sslpassword", "oauth_client_secret"])
def test_a_secret_in_the_query_of_an_address_is_not_shown(key):
    said = refusal(f"postgresql+psycopg://127.0.0.1:1/name?user=somebody&{key}=zz")
    assert "127.0.0.1" in said
    assert "zz" not in said


def test_a_server_that_asks_for_the_password_does_not_tell_it(postgresql_url):
    assert "zz" not in refusal(postgresql_url.replace("test@", "nobody:zz@"))


def test_an_at_sign_in_the_path_of_a_file_is_part_of_it(tmp_path):
    (tmp_path / "a@b@c").mkdir()
    open_store(f"sqlite:///{tmp_path}/a@b@c/store.db").close()
    assert (tmp_path / "a@b@c" / "store.db").exists()
