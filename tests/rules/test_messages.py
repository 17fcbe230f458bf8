"""Every language says all there is to say, in its own plural forms, and none claims a cause."""

import re
from string import Formatter

from leadlight.serving.text.messages import LANGUAGES, get_locale, load_messages, translate

CAUSES = {
    "en": r"because|due to|causes?|caused|owing to|thanks to|therefore|hence|thus|leads? to|results? in",
    "de": r"weil|wegen|deshalb|deswegen|daher|darum|dadurch|aufgrund|auf grund|infolge|denn|verursacht|dank",
}


def test_no_message_of_any_language_names_a_cause():
    assert set(CAUSES) == set(LANGUAGES), "a language needs its list of words that name a cause"
    for language, words in CAUSES.items():
        claims = re.compile(rf"\b({words})\b", re.IGNORECASE)
        found = [
            key for key, message in load_messages(language).items() if any(map(claims.search, plural(message).values()))
        ]
        assert found == []
    assert "associated with" in translate("en", "page.associated")


def test_every_language_has_every_key_with_the_same_fields_in_all_its_plural_forms():
    english = load_messages("en")
    for language in LANGUAGES:
        assert load_messages(language).keys() == english.keys()
        for key, message in load_messages(language).items():
            assert isinstance(message, str) == isinstance(english[key], str), key
            if not isinstance(message, str):
                assert set(message) == {*get_locale(language).plural_form.rules, "other"}, key
            forms, reference = plural(message), fields(plural(english[key])["other"])
            for form, text in forms.items():  # "once in 7 days" needs no number
                found = fields(text) | ({"count"} & reference if form == "one" else set())
                assert found == reference, (language, key, form)


def plural(message):
    return {"other": message} if isinstance(message, str) else message


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}
