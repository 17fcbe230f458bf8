"""What is read from e-mail domains and job titles, drawn as small tables."""

import pyarrow as pa
import pytest

from leadlight.features.catalogue import AttributeSpec

EMAIL = AttributeSpec("email", "email")
TITLE = AttributeSpec("title", "job_title")
TITLE_THEN = AttributeSpec("title", "job_title", has_history=True)
DAY = "2025-06-10"


@pytest.fixture
def told(crm):
    """Return what the features of one attribute say of each of its values."""

    def tell(spec, values):
        ids = [f"{i:03d}" for i in range(len(values))]
        born = "lead_id | created_at\n" + "\n".join(f"{one} | 2024-01-01" for one in ids)
        table = pa.table({"lead_id": ids, spec.name: pa.array(values, pa.string())})
        found = crm(leads=born, attributes=table).features(DAY, attributes=[spec])
        said = found.columns[2:]
        return [tuple(row[name] for name in said) for row in found.rows]

    return tell


DOMAINS = {
    "free": [
        "gmail.com", "GMail.COM", "googlemail.com", "gmx.de", "gmx.net", "gmx.at", "web.de", "t-online.de",
        "yahoo.com", "yahoo.co.uk", "yahoo.com.br", "hotmail.fr", "outlook.com", "live.de", "icloud.com",
        "proton.me", "163.com", "mail.ru", "bluewin.ch", "freenet.de",
    ],
    "education": [
        "mit.edu", "cs.stanford.edu", "sydney.edu.au", "ox.ac.uk", "stud.uni-bonn.de", "uni-köln.de",
        "tu-berlin.de", "rwth-aachen.de", "hs-fulda.de", "univ-paris1.fr", "studenti.univ.trieste.it",
        "hochschule-trier.de", "universität-beispiel.de", "lessing-gymnasium.de",
    ],
    "company": [
        "acme.com", "ACME.de", "live.acme.com", "mail.gmail-consulting.com", "notgmail.com", "gmail.acme.com",
        "web.de.acme.com", "me.acme.com", "müller-söhne.de", "education.com", "edu.acme.com", "academy.com",
        "tuning.de", "unity.com", "acme.museum", "b.c", "sub.sub.acme.co.uk", "mycompany-uni.de",
    ],
    None: ["acme", "localhost", "", "   ", None, ".", ".com", "acme.", "gmail"],
}  # fmt: skip


@pytest.mark.usefixtures("both_engines")
def test_a_domain_is_free_of_education_or_of_a_company(told):
    asked = [(domain, kind) for kind, domains in DOMAINS.items() for domain in domains]
    said = told(EMAIL, [domain for domain, _ in asked])
    assert [(domain, kind) for (domain, _), (kind,) in zip(asked, said, strict=True)] == asked


#: title, level, department
TITLES = [
    ("CEO", "executive", "management"),
    ("ceo", "executive", "management"),
    ("  C E O ", "specialist", "other"),
    ("Geschäftsführer", "executive", "management"),
    ("GESCHAEFTSFUEHRERIN", "executive", "management"),
    ("Gescha\u0308ftsfu\u0308hrer", "executive", "management"),
    ("Geschäftsführender Gesellschafter", "executive", "management"),
    ("Managing Director", "executive", "management"),
    ("Co-Founder & CTO", "executive", "it"),
    ("Inhaber", "executive", "management"),
    ("President", "executive", "management"),
    ("Chief Financial Officer", "executive", "finance"),
    ("Vorstand Finanzen", "executive", "finance"),
    # a vice president is on the level of a director
    ("Vice President Sales", "director", "sales"),
    ("Vice-President Sales", "director", "sales"),
    ("VP Marketing", "director", "marketing"),
    ("Senior Vice President", "director", "management"),
    ("Director", "director", "other"),
    ("Director of Engineering", "director", "research"),
    ("Head of Production", "director", "production"),
    ("Produktionsleiter", "director", "production"),
    ("Leiterin Qualitätsmanagement", "director", "quality"),
    ("Leitung Personalabteilung", "director", "people"),
    ("Prokurist", "director", "other"),
    # whoever leads a team is a manager, not a director
    ("Teamleiter Einkauf", "manager", "purchasing"),
    ("Teamleiterin Einkauf", "manager", "purchasing"),
    ("Projektleiter", "manager", "other"),
    ("Team Lead Logistics", "manager", "logistics"),
    ("Team Leader", "manager", "other"),
    ("Teamlead Data", "manager", "it"),
    ("Key-Account-Manager", "manager", "sales"),
    ("International Sales Manager", "manager", "sales"),
    ("Marketing Manager (EMEA)", "manager", "marketing"),
    ("Meister Instandhaltung", "manager", "production"),
    # whoever assists somebody is not that somebody
    ("Assistant to the CEO", "assistant", "management"),
    ("Assistentin der Geschäftsführung", "assistant", "management"),
    ("PA", "assistant", "other"),
    ("Sekretärin", "assistant", "other"),
    ("Sachbearbeiter Vertrieb", "assistant", "sales"),
    ("Intern", "student", "other"),
    ("Intern to the CEO", "student", "management"),
    ("Werkstudentin Marketing", "student", "marketing"),
    ("Praktikant", "student", "other"),
    ("Auszubildender Lagerlogistik", "student", "logistics"),
    ("Einkäufer", "specialist", "purchasing"),
    ("Verkäuferin", "specialist", "sales"),
    ("Accountant", "specialist", "finance"),
    ("Software Engineer", "specialist", "it"),
    ("Mechanical Engineer", "specialist", "research"),
    ("Entwicklungsingenieur", "specialist", "research"),
    ("IT", "specialist", "it"),
    ("HR/Recruiting", "specialist", "people"),
    ("Rechtsanwalt", "specialist", "legal"),
    # parts of other words
    ("Itinerant", "specialist", "other"),
    ("Pharmacist", "specialist", "other"),
    ("Spa", "specialist", "other"),
    ("Preceodent", "specialist", "other"),
    ("製造部長", "specialist", "other"),
    ("-", "specialist", "other"),
    ("", None, None),
    ("   ", None, None),
    (None, None, None),
]


@pytest.mark.usefixtures("both_engines")
def test_a_job_title_speaks_of_a_level_and_of_a_department(told):
    said = told(TITLE, [title for title, *_ in TITLES])
    assert [(title, *kinds) for (title, *_), kinds in zip(TITLES, said, strict=True)] == TITLES


def test_level_and_department_are_those_of_the_title_at_the_time(crm):
    crm(
        attributes="""
        lead_id | title
        A       | CEO
        """,
        history="""
        lead_id | attribute | value              | changed_at
        A       | title     | Praktikant Einkauf | 2025-01-01
        A       | title     | Einkäufer          | 2025-02-01
        A       | title     | NULL               | 2025-03-01
        A       | title     | Leiter Einkauf     | 2025-04-01
        A       | other     | CEO                | 2025-04-02
        """,
    ).features(
        moments="""
        lead_id | as_of
        A       | 2025-01-01
        A       | 2025-01-02
        A       | 2025-02-02
        A       | 2025-03-02
        A       | 2025-04-01
        A       | 2025-04-03
        """,
        attributes=[TITLE_THEN],
    ).shows(
        """
        lead_id | as_of      | job_level__title | job_department__title
        A       | 2025-01-01 | NULL             | NULL
        A       | 2025-01-02 | student          | purchasing
        A       | 2025-02-02 | specialist       | purchasing
        A       | 2025-03-02 | NULL             | NULL
        A       | 2025-04-01 | NULL             | NULL
        A       | 2025-04-03 | director         | purchasing
        """
    )
