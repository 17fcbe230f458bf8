"""Parsers of e-mail domains and job titles."""

import ibis
import ibis.expr.types as ir

__all__ = [
    "DEPARTMENTS",
    "LEVELS",
    "OTHER_DEPARTMENT",
    "OTHER_LEVEL",
    "classify_email_domain",
    "parse_department",
    "parse_job_level",
]

#: word separators; not \b, which engines treat differently beyond ASCII
_GAP = r"[ ,;:/()|.\-]"

#: domains of free mailboxes: by first part in any country, and by full name
_FREE_ANYWHERE = "gmail|googlemail|gmx|hotmail|outlook|live|msn|yahoo|ymail|yandex|icloud"
_FREE = (
    "web.de|t-online.de|freenet.de|arcor.de|posteo.de|mailbox.org|online.de|aol.com|aol.de|me.com|mac.com",
    "mail.com|email.com|zoho.com|fastmail.com|inbox.com|proton.me|protonmail.com|pm.me|tutanota.com|tuta.io",
    "hey.com|bluewin.ch|hispeed.ch|sunrise.ch|aon.at|chello.at|a1.net|orange.fr|wanadoo.fr|free.fr|sfr.fr",
    "laposte.net|neuf.fr|libero.it|virgilio.it|tiscali.it|alice.it|tin.it|telefonica.net|terra.es|sapo.pt",
    "uol.com.br|bol.com.br|terra.com.br|ig.com.br|btinternet.com|talktalk.net|virginmedia.com|sky.com",
    "comcast.net|verizon.net|att.net|wp.pl|o2.pl|onet.pl|interia.pl|seznam.cz|centrum.cz|ziggo.nl",
    "kpnmail.nl|telenet.be|mail.ru|bk.ru|list.ru|inbox.ru|rambler.ru|ukr.net|qq.com|163.com|126.com",
    "sina.com|naver.com|daum.net|rediffmail.com",
)
_EDUCATION = (
    r"\.edu$|\.edu\.[a-z]+$|\.ac\.[a-z]+$",
    r"(^|\.)(uni|tu|fh|hs|th|ph|rwth|univ|hochschule|schule)-|(^|\.)univ[.-]",
    "university|hochschule|universitaet|gymnasium",
)

#: level, whole words, parts of words; the first match counts
LEVELS = (
    ("student",
     "student|intern|internship|trainee|apprentice|pupil|azubi|estagiario|werkstudent|werkstudentin",
     "praktikant|studentin|auszubildend|doktorand"),
    ("assistant", "assistant|pa|secretary|receptionist|clerk", "assisten|sekretaer|sachbearbeit"),
    ("director", "vp|svp|evp", "vice[ -]president"),
    ("executive",
     "ceo|cto|cfo|coo|cio|cmo|cso|ciso|owner|founder|president|chairman|gf|chief",
     "geschaeftsfuehr|managing director|managing partner|vorstand|inhaber|gruender|founder|gesellschafter"),
    ("director", "director|head|diretor|prokurist", "leiter|leitung|direktor"),
    ("manager", "lead|leader|teamlead|supervisor|principal|gerente|foreman",
     "manager|meister|koordinator|coordinator"),
)  # fmt: skip
#: of titles without a match
OTHER_LEVEL = "specialist"
#: German team leaders are managers, not directors
_TEAMS = "(teamleit|gruppenleit|projektleit)"

#: department, whole words, parts of words; the first match counts
DEPARTMENTS = (
    ("people", "hr|personnel|people|talent", "human resources|personal(ab|le|ref|w)|recruit"),
    ("marketing", "brand|growth|cmo|pr", "marketing|kommunikation|communication"),
    ("sales", "sales|account|vendas|cso", "vertrieb|verkauf|verkaeuf|business development"),
    ("purchasing", "buyer|sourcing|compras", "purchas|procure|einkauf|einkaeuf|beschaffung"),
    ("finance", "cfo|treasury|tax", "finan|buchhalt|controll|rechnungswesen|account"),
    ("quality", "qa|qm|qs|compliance", "quality|qualitaet"),
    ("production", "plant|operations|coo|maintenance|assembly",
     "production|manufactur|produktion|fertigung|werksleit|werkleit|betriebsleit|instandhalt|montage"),
    ("logistics", "warehouse|shipping|fleet", "logisti|supply chain|lager|versand"),
    ("it", "it|cto|cio|ciso|data|edv", "devops|software|developer|informati|entwickler|programm|admin"),
    ("research", "r&d|research|development|scientist", "engineer|forschung|entwicklung|konstrukt|ingenieur"),
    ("legal", "legal|counsel", "lawyer|attorney|rechts|jurist|anwalt"),
    ("management", "ceo|owner|president|chairman|gf|chief",
     "geschaeftsfuehr|managing director|managing partner|vorstand|inhaber|gruender|founder"),
)  # fmt: skip
OTHER_DEPARTMENT = "other"


def classify_email_domain(domain: ir.StringValue) -> ir.StringValue:
    """Classify the domain of an e-mail address.

    Parameters
    ----------
    domain : ir.StringValue
        The part after the @, normalized; NULL or empty if unknown.

    Returns
    -------
    ir.StringValue
        ``free``, ``education`` or ``company``; NULL without a domain with a dot.
    """
    free = domain.re_search(rf"^({_FREE_ANYWHERE})\.(com?\.)?[a-z]{{2,3}}$") | domain.isin("|".join(_FREE).split("|"))
    education = domain.re_search("|".join(_EDUCATION))
    dotted = domain.re_search(r"[^.]\.[^.]")
    return ibis.cases((dotted & free, "free"), (dotted & education, "education"), (dotted, "company"))


def parse_job_level(title: ir.StringValue) -> ir.StringValue:
    """Parse the level from a job title.

    Parameters
    ----------
    title : ir.StringValue
        Normalized; NULL or empty if unknown.

    Returns
    -------
    ir.StringValue
        One of :data:`LEVELS`, or ``specialist``; NULL without a title.
    """
    return _match_first(title, (("manager", "", _TEAMS), *LEVELS), OTHER_LEVEL)


def parse_department(title: ir.StringValue) -> ir.StringValue:
    """Parse the department from a job title: one of :data:`DEPARTMENTS`, or ``other``."""
    return _match_first(title, DEPARTMENTS, OTHER_DEPARTMENT)


def _match_first(title: ir.StringValue, groups: tuple[tuple[str, str, str], ...], otherwise: str) -> ir.StringValue:
    known = title.nullif("")
    matches = [(known.re_search(_build_pattern(words, parts)), name) for name, words, parts in groups]
    return ibis.cases((known.isnull(), ibis.null("string")), *matches, else_=otherwise)


def _build_pattern(words: str, parts: str) -> str:
    return f"(^|{_GAP})({words})({_GAP}|$)|{parts}" if words else parts
