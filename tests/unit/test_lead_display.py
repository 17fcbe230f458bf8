"""What a lead is called, and links that lead to a phone, a mailbox or the web and nowhere else."""

import pytest

from leadlight.pipelines.params.display import DisplaySettings
from leadlight.serving.lead_display import LeadDisplay, build_search_text, build_tel_link, clean_display_text


@pytest.mark.parametrize(
    ("known", "title"),
    [
        ({"name": "Ada Lang", "company": "Lang AG", "email": "a@lang.de"}, "Ada Lang"),
        ({"company": "Lang AG", "email": "a@lang.de"}, "Lang AG"),
        ({"email": "a@lang.de", "phone": "1"}, "a@lang.de"),
        ({"phone": "089 1234"}, "L-7"),
    ],
)
def test_a_missing_name_falls_back_to_company_then_address_then_id(known, title):
    assert LeadDisplay("L-7", **known).title == title


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("+49 (0)89 / 123-456", "tel:+4989123456"),
        ("0049 (0) 89 123", "tel:004989123"),
        ("(089) 123 456", "tel:089123456"),
        ("089 1234 ext. 12", None),
        ("089 123 or 089 456", None),
        ("089 123456, 0171 1234567", None),
        ("javascript:alert(1234)", None),
        ("on request", None),
        ("12", None),
        (None, None),
    ],
)
def test_a_phone_number_is_dialled_by_its_digits(phone, link):
    assert build_tel_link(phone) == link


@pytest.mark.parametrize(
    ("email", "link"),
    [
        ("ada@lang.de", "mailto:ada@lang.de"),
        ("ada+x?bcc=all@lang.de", "mailto:ada%2Bx%3Fbcc%3Dall@lang.de"),
        ("Ada <ada@lang.de>", None),
        ("a@b.de, c@d.de", None),
        ("none", None),
    ],
)
def test_an_address_adds_no_header_to_a_mail(email, link):
    assert LeadDisplay("1", email=email).mail_link == link


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//crm.example.com/1", "JAVASCRIPT:x", ""])
def test_no_other_address_becomes_a_link(link):
    assert LeadDisplay("1", link=link).web_link is None
    with pytest.raises(ValueError, match="must be an address that begins with https"):
        DisplaySettings(link=link + "{lead_id}")


@pytest.mark.parametrize(
    "link",
    ["https://app.example.com/contact/{lead_id}", "http://10.0.0.1:8080/?id={lead_id}&x=1#top", "https://x/#{lead_id}"],
)
def test_web_addresses_are_taken(link):
    assert DisplaySettings(link=link).link == link


def test_text_keeps_its_length_and_loses_control_characters():
    assert clean_display_text(" Ada\x00\n\tLang\x1b[31m ") == "Ada Lang [31m"
    assert clean_display_text("\x00 \n") is None
    assert clean_display_text("x" * 5000) == "x" * 5000


def test_a_search_looks_into_all_that_is_shown_in_one_spelling():
    shown = LeadDisplay("L-7", "Jörg WEIẞ", "Müller & Söhne", "+49 (0)89 12-34", "J@Weiss.de", "Kim")
    assert build_search_text(shown).split("\n") == [
        "l-7", "joerg weiss", "mueller & soehne", "j@weiss.de", "+49 (0)89 12-34", "49891234",
    ]  # fmt: skip
