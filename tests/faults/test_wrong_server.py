"""A server that cannot listen says so in one sentence, before it announces an address."""

import socket

import pytest

SERVER = 13


@pytest.fixture(autouse=True)
def never_started(monkeypatch):
    """A server that starts after all would never end."""
    monkeypatch.setattr("uvicorn.Server.run", lambda *_: pytest.fail("The server has started."))


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_in_use_is_told(crm, taken, refused):
    said = refused(crm, "serve", "--port", str(taken), code=SERVER, params=False)
    assert f"The port {taken} of 127.0.0.1 must be free." in said
    assert "--port" in said


def test_a_port_in_use_is_told_of_localhost_too(crm, taken, refused):
    assert "must be free" in refused(
        crm, "serve", "--host", "localhost", "--port", str(taken), code=SERVER, params=False
    )


def test_no_address_is_announced_that_is_not_served(crm, taken, leadlight):
    assert leadlight(crm, "serve", "--port", str(taken), params=False).out == ""


@pytest.mark.parametrize("port", ["65536", "99999", "-1"])
def test_a_port_that_no_machine_has_is_refused(crm, refused, port):
    said = refused(crm, "serve", "--port", port, code=SERVER, params=False)
    assert f"must be 0 to 65535. Got {port}." in said


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a" * 70 + ".example", "http://localhost"])
def test_a_host_that_this_machine_does_not_have_is_refused(crm, refused, host):
    said = refused(crm, "serve", "--host", host, "--port", "0", code=SERVER, params=False)
    assert "must be an address of this machine" in said
    assert host in said


@pytest.mark.parametrize("named", ["https://queue.example.com", "queue.example.com:8000", "a b", "q.*.com", "a,,/"])
def test_an_allowed_host_that_is_no_host_name_is_refused(crm, refused, monkeypatch, named):
    monkeypatch.setenv("LEADLIGHT_ALLOWED_HOSTS", named)
    said = refused(crm, "serve", "--port", "0", code=SERVER, params=False)
    assert "The hosts in LEADLIGHT_ALLOWED_HOSTS must be names" in said
